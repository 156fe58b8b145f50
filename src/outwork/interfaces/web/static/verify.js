// <ow-proof>: checks the proof that the page shows, or a receipt from a file, in this browser, and
// says step by step what was checked. Without it the page names the command that does the same.

// proof.js comes by the address that the page gives, which changes with its content.

const MARKS = { good: "✓", bad: "✗", open: "–" };

function element(tag, words, of = "") {
  const made = document.createElement(tag);
  if (of) made.className = of;
  made.textContent = words;
  return made;
}

class Proof extends HTMLElement {
  connectedCallback() {
    this.words = JSON.parse(this.dataset.words);
    this.proof = import(this.dataset.module);
    this.outcome = element("div", "", "proof-outcome");
    this.outcome.setAttribute("role", "status");
    const button = element("button", this.words["check"]);
    button.type = "button";
    button.addEventListener("click", () => this.run());
    this.querySelector("[data-without-script]")?.remove();
    this.append(button, this.outcome);
    const file = this.querySelector("input[type=file]");
    if (file) this.takeFiles(file);
  }

  takeFiles(input) {
    const take = async (file) => {
      if (!file) return;
      try {
        const { decoded } = await this.proof;
        this.receipt = decoded(new Uint8Array(await file.arrayBuffer()));
        await this.run();
      } catch (error) {
        this.tell({ ok: false, steps: [{ step: "receipt", state: "bad", code: error.code, params: {} }] });
      }
    };
    // The same file, chosen again after a change, is read again.
    input.addEventListener("click", () => (input.value = ""));
    input.addEventListener("change", () => take(input.files[0]));
    this.addEventListener("dragover", (event) => event.preventDefault());
    this.addEventListener("drop", (event) => {
      event.preventDefault();
      take(event.dataTransfer.files[0]);
    });
  }

  part(name) {
    const found = this.querySelector(`[data-part=${name}]`);
    return found && (found.value ?? found.textContent);
  }

  async run() {
    const { check } = await this.proof;
    const receipt = this.part("receipt") ?? this.receipt ?? "";
    this.tell(await check(receipt, this.part("policy"), this.part("entry")));
  }

  tell({ ok, steps, event }) {
    const verdict = element("p", this.words[ok ? "verified" : "failed"], "proof-verdict");
    const list = element("ol", "", "proof-steps");
    for (const { step, state, code, params } of steps) {
      const row = element("li", "", `is-${state}`);
      row.dataset.step = step;
      row.dataset.code = code;
      const mark = element("span", MARKS[state], "proof-mark");
      mark.setAttribute("aria-hidden", "true");
      const said = element("div", "");
      said.append(element("strong", this.words[`step-${step}`]), element("p", this.said(code, params)));
      row.append(mark, said);
      list.append(row);
    }
    this.outcome.className = `proof-outcome is-${ok ? "good" : "bad"}`;
    this.outcome.replaceChildren(verdict, list);
    if (event && !this.part("entry")) this.outcome.append(this.shown(event));
  }

  said(code, params) {
    const list = params.list?.map(([name, at]) => `${name} (${this.when(at)})`).join(", ");
    const values = { ...params, list };
    const text = this.words[code] ?? code;
    return text.replace(/%\((\w+)\)s/g, (_whole, name) => String(values[name] ?? "–"));
  }

  when(at) {
    const how = { dateStyle: "medium", timeStyle: "short", timeZone: this.dataset.zone };
    return new Intl.DateTimeFormat(document.documentElement.lang, how).format(at);
  }

  // What a receipt from a file says, now that it is proved.
  shown(event) {
    const list = element("dl", "", "facts");
    const rows = { ...event.public, [this.words["sealed"]]: Object.keys(event.sealed).join(", ") || "–" };
    const facts = [["kind", event.kind], ["at", event.at], ["actor", event.actor]];
    const first = facts.map(([name, value]) => [this.words[name], value]);
    for (const [term, value] of [...first, ...Object.entries(rows)]) {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      list.append(element("dt", term.replaceAll("_", " ")), element("dd", text));
    }
    return list;
  }
}

customElements.define("ow-proof", Proof);
