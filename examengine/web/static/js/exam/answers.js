/** The questions on the page: their inputs as values by shape, and back. */

const COMPOSING_MOST = 60_000; // text left half-composed for longer than this is taken as it stands

/** Text as it may be sent: no halves of surrogate pairs, no NUL (a database's text has neither). */
export function sound(text) {
  return text.replace(/\p{Surrogate}|\0/gu, "\uFFFD");
}

const oneLine = (text) => text.replace(/[\r\n]/g, "");

const SHAPES = {
  choice: {
    read: (inputs, on) => inputs.filter(on).map((input) => Number(input.value))[0] ?? null,
    write: (inputs, value) => inputs.forEach((input) => (input.checked = Number(input.value) === value && value !== null)),
    missing: (value) => (value === null ? 1 : 0),
  },
  choices: {
    read: (inputs, on) =>
      inputs
        .filter(on)
        .map((input) => Number(input.value))
        .sort((a, b) => a - b),
    write: (inputs, value) => inputs.forEach((input) => (input.checked = (value ?? []).includes(Number(input.value)))),
    missing: (value) => (value.length ? 0 : 1),
  },
  blanks: {
    read: (inputs, on, text) => inputs.map((input) => sound(oneLine(text(input)))),
    write: (inputs, value) => inputs.forEach((input, i) => (input.value = value?.[i] ?? "")),
    missing: (value) => value.filter((part) => !part.trim()).length,
  },
  text: {
    read: ([area], on, text) => sound(text(area).replace(/\r\n?/g, "\n")),
    write: ([area], value) => (area.value = value ?? ""),
    missing: (value) => (value.trim() ? 0 : 1),
  },
};

const FIELDS = "input[type=radio], input[type=checkbox], input[data-blank], textarea";

export class Answers {
  /**
   * @type {Map<number, {slot: number, shape: string, number: string, article: HTMLElement,
   *   inputs: HTMLInputElement[], maxChars: number}>}
   */
  items = new Map();
  #composing = null; // {field, text, at}: the text before the composition that is going on

  /**
   * @param {ParentNode} root
   * @param {{slot: number, max_chars?: number}[]} facts
   */
  constructor(root, facts) {
    const maxima = new Map(facts.map((fact) => [fact.slot, fact.max_chars ?? 0]));
    for (const article of root.querySelectorAll("article.item[data-slot]")) {
      const slot = Number(article.dataset.slot);
      const inputs = [...article.querySelectorAll(FIELDS)];
      inputs.sort((a, b) => Number(a.dataset.blank ?? 0) - Number(b.dataset.blank ?? 0));
      const { shape, number = String(slot) } = article.dataset;
      this.items.set(slot, { slot, shape, number, article, inputs, maxChars: maxima.get(slot) ?? 0 });
    }
    root.addEventListener("compositionstart", ({ target }) => {
      this.#composing = { field: target, text: target.value, at: performance.now() };
    });
    root.addEventListener("compositionupdate", () => {
      if (this.#composing) this.#composing.at = performance.now();
    });
    root.addEventListener("compositionend", () => (this.#composing = null), { capture: true });
  }

  get slots() {
    return [...this.items.keys()];
  }

  shape(slot) {
    return this.items.get(slot).shape;
  }

  numberOf(slot) {
    return this.items.get(slot)?.number ?? String(slot);
  }

  /** The slot whose text is being composed by an input method, if any. */
  get composingSlot() {
    const article = this.#composing?.field.closest?.("article.item");
    return article ? Number(article.dataset.slot) : null;
  }

  /** The answer as it is now. What an input method has not committed is left out, unless all that is shown is asked for. */
  read(slot, { shown = false } = {}) {
    const { shape, inputs } = this.items.get(slot);
    const text = (field) => {
      const open = this.#composing;
      const held = open && open.field === field && !shown && performance.now() - open.at < COMPOSING_MOST;
      return held ? open.text : field.value;
    };
    return SHAPES[shape].read(inputs, (input) => input.checked, text);
  }

  /** The answer as the server wrote it into the page. */
  rendered(slot) {
    const { shape, inputs } = this.items.get(slot);
    return SHAPES[shape].read(
      inputs,
      (input) => input.defaultChecked,
      (field) => field.defaultValue,
    );
  }

  write(slot, value) {
    const item = this.items.get(slot);
    SHAPES[item.shape].write(item.inputs, value);
    item.article.dispatchEvent(new CustomEvent("answer", { bubbles: true, detail: { slot } }));
  }

  /** How many parts of the answer are still empty, and of how many. */
  missing(slot) {
    const { shape, inputs } = this.items.get(slot);
    const parts = shape === "blanks" ? inputs.length : 1;
    return { parts, empty: SHAPES[shape].missing(this.read(slot, { shown: true })) };
  }

  /** A value of this slot in words, for comparing two of them. */
  describe(slot, value) {
    if (value === null || value === undefined) return "";
    if (Array.isArray(value) && this.shape(slot) === "blanks") return value.map((part) => part || "–").join(" / ");
    if (this.shape(slot) === "text") return String(value);
    return [value].flat().map((at) => String.fromCharCode(65 + Number(at))).join(", ");
  }
}
