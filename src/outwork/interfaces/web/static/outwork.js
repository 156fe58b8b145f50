// The shell's few conveniences. Every page works without this file: preferences post, menus are
// <details>, the key sheet opens as a link's target.

const root = document.documentElement;
root.classList.add("has-script");

// Theme: shown at once, kept in the cookie that the server reads to draw the next page right.
document.querySelector("[data-preferences]")?.addEventListener("change", (event) => {
  if (event.target.name === "theme") {
    const theme = event.target.value;
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.cookie = `theme=${theme}; path=/; max-age=${theme ? 31536000 : 0}; samesite=lax`;
  } else {
    event.currentTarget.requestSubmit();
  }
});

// A dialog opened by a link: modal with script, :target without.
function open(id) {
  const dialog = document.getElementById(id);
  if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
}
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) {
    event.preventDefault();
    open(opener.dataset.opens);
  }
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

export const typing = (node) =>
  node instanceof HTMLElement &&
  node.matches("input:not([type=radio], [type=checkbox], [type=button]), select, textarea, [contenteditable]");

// Single-letter keys can be switched off, for people who speak to their machine (WCAG 2.1.4).
const KEYS = "outwork:single-keys";
export const singleKeys = () => localStorage.getItem(KEYS) !== "off";
const toggle = document.querySelector("[data-single-keys]");
if (toggle) {
  toggle.checked = singleKeys();
  toggle.addEventListener("change", () => localStorage.setItem(KEYS, toggle.checked ? "on" : "off"));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  if (event.key === "?" && singleKeys() && !typing(event.target)) open("keys");
});

// htmx asks with the session's token; silence of the server is said in words.
const csrf = document.body.dataset.csrf;
document.body.addEventListener("htmx:configRequest", (event) => {
  if (csrf) event.detail.headers["X-CSRF"] = csrf;
});

document.body.addEventListener("htmx:sendError", () => say(document.body.dataset.unreachable, "caution"));

// say("Saved", "good"): a toast; it stays until it was read or ten seconds have gone.
export function say(words, tone = "neutral") {
  const toast = document.createElement("div");
  toast.className = `notice is-${tone}`;
  const text = document.createElement("p");
  text.textContent = words;
  toast.append(text);
  document.querySelector(".toasts")?.append(toast);
  setTimeout(() => toast.remove(), 10000);
}
