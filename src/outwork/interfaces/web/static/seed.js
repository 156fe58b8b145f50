// <ow-seed>: makes a nonce in this browser, fills in its commitment, and keeps it until it is opened.
// The form works without it: then a digest made elsewhere is pasted.

const PREFIX = "outwork:nonce:";
const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

function kept(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null; // storage may be switched off: then the shown nonce is the only copy
  }
}

function keep(key, nonce) {
  try {
    localStorage.setItem(PREFIX + key, nonce);
  } catch {
    /* as above */
  }
}

class Seed extends HTMLElement {
  async connectedCallback() {
    const form = this.closest("form");
    if (!form) return;
    if (this.dataset.use === "reveal") this.reveal(form);
    else if (globalThis.crypto?.subtle) await this.commit(form);
  }

  async commit(form) {
    const key = this.dataset.key;
    let nonce = kept(key);
    if (!nonce) {
      nonce = hex(crypto.getRandomValues(new Uint8Array(32)));
      keep(key, nonce);
    }
    const raw = Uint8Array.from(nonce.match(/../g), (pair) => parseInt(pair, 16));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", raw));
    form.elements.commitment.value = hex(digest);
    this.tell(this.dataset.made, nonce);
  }

  reveal(form) {
    const nonce = kept(this.dataset.key);
    if (nonce) form.elements.nonce.value = nonce;
    this.tell(nonce ? this.dataset.kept : this.dataset.lost, "");
  }

  tell(words, nonce) {
    const parts = [words];
    if (nonce) {
      const code = document.createElement("code");
      code.textContent = nonce;
      parts.push(" ", code);
    }
    this.replaceChildren(...parts);
  }
}

customElements.define("ow-seed", Seed);
