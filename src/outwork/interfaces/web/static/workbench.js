// The desk's three elements: <ow-source> shows a document and its evidence, <ow-form> answers
// questions by keyboard and saves as one types, <ow-desk> lets the two talk.
// Without this file the page is a plain form beside a plain text.

import { say, singleKeys, typing } from "./outwork.js";

// Offsets are code points everywhere; a browser counts UTF-16 units. Only characters beyond the
// basic plane differ, so it is enough to know where they are.
export class Points {
  constructor(text) {
    this.astral = []; // code-point index of each character that takes two units
    for (let unit = 0; unit < text.length; unit++) {
      const code = text.charCodeAt(unit);
      const next = text.charCodeAt(unit + 1);
      if (code >= 0xd800 && code <= 0xdbff && next >= 0xdc00 && next <= 0xdfff) {
        this.astral.push(unit - this.astral.length);
        unit++;
      }
    }
    this.length = text.length - this.astral.length;
  }
  toUnits(point) {
    return point + this.#count((at) => at < point);
  }
  toPoints(unit) {
    return unit - this.#count((at, index) => at + index < unit - 1);
  }
  #count(before) {
    let low = 0;
    let high = this.astral.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (before(this.astral[middle], middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

// --- the document ------------------------------------------------------------------------------

class Source extends HTMLElement {
  connectedCallback() {
    this.pages = [...this.querySelectorAll(".source-page")].map((element) => {
      const text = element.textContent;
      const points = new Points(text);
      const start = Number(element.dataset.start);
      return { element, text, points, start, end: start + points.length };
    });
    this.spans = []; // {start, end, question, settled}
    this.selected = null;
    document.addEventListener("selectionchange", this.#remember);
    this.addEventListener("click", (event) => {
      const mark = event.target.closest("mark");
      if (!mark || !document.getSelection().isCollapsed) return;
      this.dispatchEvent(new CustomEvent("ow-evidence", { bubbles: true, detail: mark.dataset.questions.split(" ") }));
    });
  }

  disconnectedCallback() {
    document.removeEventListener("selectionchange", this.#remember);
  }

  // The last selection stays quotable after a click on a button has taken the focus.
  #remember = () => {
    const found = this.#selection();
    if (found) this.selected = found;
    else if (this.contains(document.getSelection().anchorNode)) this.selected = null;
  };

  // What to quote now. A browser tells of a selection a moment after it was made, and a key may
  // come in between: so the page is asked first, and what was remembered only after it.
  quotable() {
    return this.#selection() ?? this.selected;
  }

  #selection() {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    if (!this.contains(range.startContainer) || !this.contains(range.endContainer)) return null;
    let start = this.#point(range.startContainer, range.startOffset);
    let end = this.#point(range.endContainer, range.endOffset);
    const quote = this.slice(start, end);
    start += quote.length - quote.trimStart().length; // white space is never beyond the basic plane
    end -= quote.length - quote.trimEnd().length;
    return start < end ? { document: this.dataset.document, start, end, quote: quote.trim() } : null;
  }

  #point(node, offset) {
    const page = this.pages.find((candidate) => candidate.element.contains(node));
    if (!page) {
      // Between pages: the node is the frame around them and the offset counts its children.
      const next = this.pages.find((candidate) => candidate.element === node.childNodes[offset]);
      return next ? next.start : this.pages.at(-1).end;
    }
    const before = document.createRange();
    before.setStart(page.element, 0);
    before.setEnd(node, offset);
    return page.start + page.points.toPoints(before.toString().length);
  }

  slice(start, end) {
    return this.pages
      .filter((page) => page.start < end && page.end > start)
      .map((page) =>
        page.text.slice(
          page.points.toUnits(Math.max(start, page.start) - page.start),
          page.points.toUnits(Math.min(end, page.end) - page.start),
        ),
      )
      .join("");
  }

  // Spans may overlap: the text is cut at every edge and each piece names all its questions.
  // Only pages whose spans changed are drawn again.
  mark(spans) {
    for (const page of this.pages) {
      const here = spans.filter((span) => span.start < page.end && span.end > page.start && span.start < span.end);
      const drawn = JSON.stringify(here);
      if (page.drawn === drawn || (!here.length && !page.drawn)) continue;
      page.drawn = drawn;
      const edges = new Set([page.start, page.end]);
      for (const span of here) {
        edges.add(Math.max(span.start, page.start));
        edges.add(Math.min(span.end, page.end));
      }
      const sorted = [...edges].sort((a, b) => a - b);
      const pieces = [];
      for (let i = 0; i + 1 < sorted.length; i++) {
        const text = page.text.slice(
          page.points.toUnits(sorted[i] - page.start),
          page.points.toUnits(sorted[i + 1] - page.start),
        );
        const over = here.filter((span) => span.start <= sorted[i] && span.end >= sorted[i + 1]);
        if (!over.length) {
          pieces.push(text);
          continue;
        }
        const mark = document.createElement("mark");
        mark.textContent = text;
        mark.dataset.questions = [...new Set(over.map((span) => span.question))].join(" ");
        mark.classList.toggle("is-settled", over.every((span) => span.settled));
        pieces.push(mark);
      }
      page.element.replaceChildren(...pieces);
    }
    this.spans = spans;
    if (this.lit) this.light(this.lit);
  }

  // Lights the evidence of one question; returns its first piece.
  light(question) {
    this.lit = question;
    let first = null;
    for (const mark of this.querySelectorAll("mark")) {
      const on = Boolean(question) && mark.dataset.questions.split(" ").includes(question);
      mark.classList.toggle("is-lit", on);
      if (on) first ??= mark;
    }
    return first;
  }

  reveal(question, start) {
    const first = this.light(question);
    const span = this.spans.find((candidate) => candidate.question === question && candidate.start === start);
    const marks = [...this.querySelectorAll("mark.is-lit")];
    const wanted = span && this.slice(span.start, span.end);
    const target = marks.find((mark) => wanted?.startsWith(mark.textContent)) ?? first;
    target?.scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
  }
}

// An evidence without a document, or of an unknown one, means the first.
function sourceOf(desk, name) {
  const sources = [...desk.querySelectorAll("ow-source")];
  return sources.find((source) => source.dataset.document === name) ?? sources[0];
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// --- the questions -----------------------------------------------------------------------------

const SAVE_AFTER = 800; // milliseconds of silence
const RETRY_AFTER = 15000;
const IDLE_AFTER = 60000; // effort is counted while somebody is here
const STAYS_AFTER = 5000; // leaving this page takes less
const FORGET_AFTER = 7 * 24 * 3600 * 1000;

class Form extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.questions = [...this.querySelectorAll(".question")];
    this.words = JSON.parse(this.dataset.words);
    this.store = `outwork:answers:${this.dataset.key}`;
    this.pending = {}; // what the server has not acknowledged, by question
    this.typed = {}; // what was typed before "confirm" or "not present" replaced it
    this.last = performance.now();

    this.form.addEventListener("input", (event) => this.#typedIn(event.target));
    this.form.addEventListener("change", (event) => this.#chosen(event.target));
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.addEventListener("focusin", (event) => {
      const question = event.target.closest(".question");
      if (question) this.current = question;
    });
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("pointerover", (event) => this.#hover(event.target.closest(".question")));
    this.addEventListener("pointerleave", () => this.#hover(null));
    document.addEventListener("keydown", this.#key);
    for (const kind of ["pointermove", "keydown", "scroll"]) {
      document.addEventListener(kind, this.#here, { passive: true, capture: true });
    }
    addEventListener("online", this.#saveNow);
    addEventListener("beforeunload", this.#leaving);
    addEventListener("pagehide", this.#leave);
    this.ticking = setInterval(() => this.#tick(), 1000);

    this.#restore();
    this.questions.forEach((question) => this.#show(question));
    this.classList.add("is-ready");
    this.#count();
    this.current = this.questions.find((question) => !this.#verdict(question)) ?? this.questions[0];
  }

  disconnectedCallback() {
    document.removeEventListener("keydown", this.#key);
    removeEventListener("online", this.#saveNow);
    removeEventListener("beforeunload", this.#leaving);
    removeEventListener("pagehide", this.#leave);
    clearInterval(this.ticking);
  }

  // --- where one is ---

  set current(question) {
    if (!question || question === this.#current) return;
    this.#current?.classList.remove("is-current");
    this.#current = question;
    question.classList.add("is-current");
    this.#tell("ow-question", { question: question.dataset.question, clause: question.dataset.clause });
  }
  get current() {
    return this.#current;
  }
  #current = null;

  go(question, reveal = true) {
    const target = typeof question === "string" ? this.querySelector(`[data-question="${CSS.escape(question)}"].question`) : question;
    if (!target) return;
    this.current = target;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
    if (reveal) this.#tell("ow-reveal", { question: target.dataset.question });
  }

  step(by) {
    const at = this.questions.indexOf(this.current) + by;
    this.go(this.questions[Math.max(0, Math.min(this.questions.length - 1, at))]);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  #hover(question) {
    const key = question?.dataset.question ?? this.current?.dataset.question;
    if (key !== this.hovered) this.#tell("ow-hover", { question: key });
    this.hovered = key;
  }

  // --- reading and writing one question ---

  #fields(question) {
    const prefix = `q-${question.dataset.question}-`;
    return [...question.querySelectorAll("input, select, textarea")]
      .filter((input) => input.name.startsWith(prefix) && !input.disabled && input.type !== "file")
      .map((input) => [input.name.slice(prefix.length), input]);
  }

  #read(question) {
    const values = {};
    for (const [name, input] of this.#fields(question)) {
      if (input.type === "checkbox") {
        values[name] ??= [];
        if (input.checked) values[name].push(input.value);
      } else if (input.type === "radio") {
        if (input.checked) values[name] = input.value;
      } else {
        values[name] = name === "evidence" ? JSON.parse(input.value || "[]") : input.value;
      }
    }
    return values;
  }

  #write(question, values) {
    for (const [name, input] of this.#fields(question)) {
      if (!(name in values)) continue;
      const value = values[name];
      if (input.type === "checkbox") input.checked = [value].flat().includes(input.value);
      else if (input.type === "radio") input.checked = input.value === value;
      else input.value = name === "evidence" ? JSON.stringify(value) : Array.isArray(value) ? value.join("\n") : value ?? "";
    }
    if ("evidence" in values) this.#quotes(question);
  }

  #verdict(question) {
    return question.querySelector(".segments input:checked")?.value ?? "";
  }

  #evidence(question) {
    const input = question.querySelector('input[name$="-evidence"]');
    return JSON.parse(input?.value || "[]").filter((span) => Number.isInteger(span.start));
  }

  spans() {
    return this.questions.flatMap((question) => {
      const verdict = this.#verdict(question);
      if (verdict === "absent") return [];
      return this.#evidence(question).map(({ document, start, end }) => ({
        document, start, end, question: question.dataset.question, settled: verdict !== "",
      }));
    });
  }

  // The quotes under a question, drawn again from the offsets.
  #quotes(question) {
    const place = question.querySelector(".question-evidence");
    const spans = this.#evidence(question);
    place.replaceChildren(
      ...spans.map((span, index) => {
        const quote = document.createElement("blockquote");
        quote.className = "quote";
        const link = document.createElement("a");
        link.className = "quote-place";
        link.href = `#document-${span.document ?? ""}`;
        Object.assign(link.dataset, { document: span.document ?? "", start: span.start, end: span.end, question: question.dataset.question });
        link.textContent = `${span.start}–${span.end}`;
        const remove = document.createElement("button");
        remove.type = "button";
        remove.className = "button-plain button-small";
        remove.dataset.removes = index;
        remove.textContent = "×";
        remove.setAttribute("aria-label", `${this.words.remove} ${span.start}–${span.end}`);
        quote.append(`“${sourceOf(this.closest("ow-desk"), span.document).slice(span.start, span.end)}” `, link, remove);
        return quote;
      }),
    );
  }

  #show(question) {
    const line = question.querySelector(".question-value");
    if (question.classList.contains("is-inspected")) return;
    const { value, action } = this.#read(question);
    const select = question.querySelector("select[name$='-value']");
    const words = select ? select.selectedOptions[0]?.text : [value ?? ""].flat().join("; ");
    line.textContent = action === "absent" ? this.words.absent : words || (question.dataset.draft ? this.words.absent : "");
  }

  #stillOpen(count) {
    return `${count} ${count === 1 ? this.words.openOne : this.words.open}`;
  }

  #count() {
    const open = this.questions.filter((question) => !this.#verdict(question)).length;
    this.querySelector(".form-count").textContent = open ? this.#stillOpen(open) : this.words.allAnswered;
    return open;
  }

  // --- what a person does ---

  #typedIn(input) {
    const question = input.closest(".question");
    if (!question || input.type === "radio") return;
    // Typing a value is correcting it; nobody should have to say so twice.
    const correct = question.querySelector('input[type="radio"][value="correct"]');
    if (correct && input.name.endsWith("-value")) correct.checked = true;
    this.#changed(question);
  }

  #chosen(input) {
    const question = input.closest(".question");
    if (!question) return;
    if (input.type === "radio" && question.dataset.draft !== undefined) {
      const key = question.dataset.question;
      if (input.value === "correct" && this.typed[key]) this.#write(question, this.typed[key]);
      if (input.value === "confirm" || input.value === "") {
        if (question.dataset.typed) this.typed[key] = { value: this.#read(question).value, evidence: this.#evidence(question) };
        this.#write(question, JSON.parse(question.dataset.draft));
      }
    }
    this.#changed(question);
  }

  #changed(question) {
    const values = this.#read(question);
    question.toggleAttribute("data-typed", values.action === "correct");
    this.pending[question.dataset.question] = values;
    this.#keep();
    this.#show(question);
    this.#count();
    this.#tell("ow-changed", { question: question.dataset.question });
    clearTimeout(this.soon);
    this.soon = setTimeout(this.#saveNow, SAVE_AFTER);
  }

  choose(radio) {
    if (!radio.checked) {
      radio.checked = true;
      radio.dispatchEvent(new Event("change", { bubbles: true }));
    }
    if (radio.dataset.then === "next") this.step(1);
    if (radio.dataset.then === "value") {
      const input = this.current.querySelector('[name$="-value"]');
      input?.focus();
      input?.select?.();
    }
  }

  quote() {
    const question = this.current;
    const found = this.closest("ow-desk").selection();
    const evidence = question?.querySelector('input[name$="-evidence"]');
    if (!evidence || evidence.disabled) return;
    if (!found) return say(this.words.noSelection, "caution");
    const before = this.#read(question);
    const fresh = before.action !== "correct"; // the first quote of a person replaces the draft's
    const { quote, ...span } = found;
    const spans = fresh ? [span] : [...this.#evidence(question), span];
    const area = question.querySelector('textarea[name$="-value"]');
    const value = area && (fresh || !area.value.trim()) ? quote : before.value;
    this.#write(question, { action: "correct", evidence: spans, ...(value === undefined ? {} : { value }) });
    this.#changed(question);
  }

  #clicked(event) {
    const remove = event.target.closest("[data-removes]");
    const question = event.target.closest(".question");
    if (remove) {
      const spans = this.#evidence(question);
      spans.splice(Number(remove.dataset.removes), 1);
      this.#write(question, { evidence: spans, action: "correct" });
      this.#changed(question);
    } else if (event.target.closest('[data-do="quote"]')) {
      this.quote();
    } else if (question && question !== this.current) {
      this.go(question);
    }
  }

  #key = (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.contains(event.target)) {
      event.preventDefault();
      return this.step(1);
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape" && this.current) this.go(this.current, false);
      return;
    }
    if (!singleKeys()) return;
    const arrows = event.target === document.body || event.target.classList?.contains("question");
    const acts = {
      j: () => this.step(1),
      k: () => this.step(-1),
      q: () => this.quote(),
      a: () => this.closest("ow-desk").ask(),
      s: () => this.submit(),
    };
    if (arrows) Object.assign(acts, { ArrowDown: acts.j, ArrowUp: acts.k });
    const radio = this.current?.querySelector(`input[data-key="${CSS.escape(event.key)}"]`);
    const act = acts[event.key] ?? (radio && (() => this.choose(radio)));
    if (!act) return;
    event.preventDefault();
    act();
  };

  // S goes to what is still open first; the button always asks the server, which says why not.
  submit() {
    const open = this.questions.find((question) => !this.#verdict(question));
    if (!open) return this.form.requestSubmit();
    say(this.#stillOpen(this.#count()), "caution");
    this.go(open);
  }

  async #submit(event) {
    if (this.sending || !Object.keys(this.pending).length) return;
    event.preventDefault();
    await this.#saveNow();
    this.sending = true;
    this.form.submit(); // with everything in it, also when saving did not work
  }

  // --- keeping ---

  #here = () => (this.last = performance.now());

  #tick() {
    if (document.visibilityState !== "visible" || performance.now() - this.last > IDLE_AFTER) return;
    this.form.elements.seconds.value = Number(this.form.elements.seconds.value) + 1;
  }

  // The device holds only what the server has not acknowledged: contracts are confidential.
  #keep() {
    try {
      if (Object.keys(this.pending).length) {
        localStorage.setItem(this.store, JSON.stringify({ at: Date.now(), answers: this.pending }));
      } else {
        localStorage.removeItem(this.store);
      }
    } catch {
      // A full or forbidden store: the server still gets it.
    }
  }

  #restore() {
    for (const name of Object.keys(localStorage)) {
      if (!name.startsWith("outwork:answers:")) continue;
      try {
        const kept = JSON.parse(localStorage.getItem(name));
        if (Date.now() - kept.at > FORGET_AFTER) localStorage.removeItem(name);
        else if (name === this.store) this.pending = kept.answers;
      } catch {
        localStorage.removeItem(name);
      }
    }
    for (const question of this.questions) {
      const kept = this.pending[question.dataset.question];
      if (kept) this.#write(question, kept);
      question.toggleAttribute("data-typed", this.#verdict(question) === "correct");
    }
    if (Object.keys(this.pending).length) this.soon = setTimeout(this.#saveNow, SAVE_AFTER);
  }

  #request(answers, keepalive) {
    return fetch(this.dataset.autosave, {
      method: "PUT",
      credentials: "same-origin",
      keepalive,
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF": this.dataset.csrf },
      body: JSON.stringify({ answers, seconds: Number(this.form.elements.seconds.value) }),
    });
  }

  #saveNow = async () => {
    clearTimeout(this.soon);
    if (this.saving) {
      await this.saving;
      if (this.saving) return;
    }
    const sent = { ...this.pending };
    if (!Object.keys(sent).length) return;
    this.saving = this.#send(sent);
    await this.saving;
    this.saving = null;
  };

  async #send(sent) {
    this.#status(this.words.saving, "");
    let answer;
    try {
      answer = await this.#request(sent, false);
      if (answer.status >= 500) throw new Error(answer.status);
    } catch {
      this.#status(this.words.kept, "is-kept");
      this.soon = setTimeout(this.#saveNow, RETRY_AFTER);
      return;
    }
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      // Refused: what was typed stays here and in the store, with the reason beside it.
      this.#status(`${this.words.refused} ${told.text ?? answer.status}`, "is-refused");
      return;
    }
    if (this.unloading) {
      // The page that comes may have been drawn before this was saved: it finds it in the store.
      this.soon = setTimeout(this.#saveNow, STAYS_AFTER);
      return;
    }
    for (const key of Object.keys(sent)) if (this.pending[key] === sent[key]) delete this.pending[key];
    this.#keep();
    const clock = new Date().toLocaleTimeString(document.documentElement.lang || undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    this.#status(`${this.words.saved} ${told.saved_at ?? clock}`, "");
    if (Object.keys(this.pending).length) this.soon = setTimeout(this.#saveNow, SAVE_AFTER);
  }

  #status(words, state) {
    const place = this.querySelector(".form-saved");
    place.textContent = words;
    place.className = `form-saved ${state}`;
  }

  #leaving = () => {
    this.unloading = true;
    setTimeout(() => (this.unloading = false), STAYS_AFTER); // nobody left after all
  };

  // The request may outlive the page; the store keeps the answers until one is acknowledged.
  #leave = () => {
    if (Object.keys(this.pending).length && !this.sending) this.#request(this.pending, true).catch(() => {});
  };
}

// --- the desk ----------------------------------------------------------------------------------

class Desk extends HTMLElement {
  connectedCallback() {
    this.sources = [...this.querySelectorAll("ow-source")];
    this.clauses = [...this.querySelectorAll(".clauses > [data-clause]")];
    this.addEventListener("ow-question", (event) => this.#question(event.detail));
    this.addEventListener("ow-reveal", (event) => this.#reveal(event.detail.question));
    this.addEventListener("ow-hover", (event) => this.sources.forEach((source) => source.light(event.detail.question)));
    this.addEventListener("ow-changed", () => this.#mark());
    this.addEventListener("ow-evidence", (event) => {
      // Where evidence overlaps, each click goes on to the next question.
      const names = event.detail;
      const at = names.indexOf(this.form.current?.dataset.question);
      this.pane = "questions";
      this.form.go(names[(at + 1) % names.length], false);
    });
    this.addEventListener("click", (event) => this.#clicked(event));
    this.addEventListener("mousedown", (event) => {
      // A press on "Quote selection" must not take the selection away.
      if (event.target.closest('[data-do="quote"]')) event.preventDefault();
    });
    this.form = this.querySelector("ow-form");
    this.classList.add("is-ready");
    this.pane = "questions";
    this.#document(this.sources[0]?.dataset.document);
    this.#mark();
    if (this.form?.current) {
      this.#question(this.form.current.dataset);
      this.#reveal(this.form.current.dataset.question);
    }
  }

  set pane(name) {
    this.dataset.pane = name;
    for (const tab of this.querySelectorAll(".desk-tabs a")) {
      if (tab.hash === `#pane-${name}`) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
  }

  selection() {
    return this.sources.find((source) => source.dataset.document === this.shown)?.quotable() ?? null;
  }

  ask() {
    const field = this.querySelector(".ask textarea, .ask input:not([type=hidden])");
    if (!field) return;
    this.pane = "context";
    field.focus();
  }

  #document(name) {
    this.shown = name;
    for (const source of this.sources) source.hidden = source.dataset.document !== name;
    for (const tab of this.querySelectorAll("[data-shows]")) {
      if (tab.dataset.shows === name) tab.setAttribute("aria-current", "true");
      else tab.removeAttribute("aria-current");
    }
  }

  #mark() {
    const spans = this.form?.spans() ?? [];
    for (const source of this.sources) {
      source.mark(spans.filter((span) => sourceOf(this, span.document) === source));
    }
  }

  #question({ question, clause }) {
    for (const source of this.sources) source.light(question);
    for (const element of this.clauses) element.hidden = element.dataset.clause !== clause;
    for (const talk of this.querySelectorAll(".talk")) talk.classList.toggle("is-about", talk.dataset.question === question);
    const ask = this.querySelector(".ask form");
    if (!ask) return;
    let about = ask.elements.namedItem("question");
    if (!about) {
      about = Object.assign(document.createElement("input"), { type: "hidden", name: "question" });
      ask.append(about);
    }
    about.value = question;
  }

  #reveal(question, start) {
    const span = this.form.spans().find((candidate) => candidate.question === question && (start === undefined || candidate.start === start));
    if (!span) return;
    this.#document(sourceOf(this, span.document).dataset.document);
    sourceOf(this, span.document).reveal(question, span.start);
  }

  #clicked(event) {
    const tab = event.target.closest(".desk-tabs a");
    const shows = event.target.closest("[data-shows]");
    const place = event.target.closest("a[data-start]");
    const clause = event.target.closest('a[href^="#clause-"]');
    if (tab) {
      event.preventDefault();
      this.pane = tab.hash.slice("#pane-".length);
    } else if (shows) {
      event.preventDefault();
      this.#document(shows.dataset.shows);
    } else if (place) {
      event.preventDefault();
      this.pane = "source";
      this.#reveal(place.dataset.question, Number(place.dataset.start));
    } else if (clause) {
      event.preventDefault();
      this.pane = "context";
    }
  }
}

customElements.define("ow-source", Source);
customElements.define("ow-form", Form);
customElements.define("ow-desk", Desk);
