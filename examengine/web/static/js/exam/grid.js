/** The answer sheet, the question one is at, and the ways between questions. */

import { announce, word } from "./words.js";

export class Grid {
  #answers;
  #cells = new Map();
  #flags = new Map(); // slot -> the flag's button
  #states = new Map();
  #paper = document.querySelector(".exam-paper");
  #scrolled = true; // whether a person scrolls, rather than a link or key
  current;

  constructor(answers) {
    this.#answers = answers;
    for (const cell of document.querySelectorAll("#grid .cell")) this.#cells.set(Number(cell.dataset.slot), cell);
    for (const [slot, { article }] of answers.items) this.#flags.set(slot, article.querySelector(".flag"));
    this.one = this.#paper.dataset.mode === "one";
    for (const slot of answers.slots) this.show(slot);
    document.addEventListener("click", (event) => this.#follow(event));
    this.#paper.addEventListener("focusin", ({ target }) => {
      const slot = Number(target.closest("article.item")?.dataset.slot ?? NaN);
      if (this.#cells.has(slot)) this.#mark(slot);
    });
    const asked = Number(/^#q(\d+)$/.exec(location.hash)?.[1] ?? NaN);
    this.#mark(this.#cells.has(asked) ? asked : answers.slots[0]);
    if (!this.one) this.#watchScrolling();
  }

  /* ---- answered, flagged ---- */

  state(slot) {
    const { parts, empty } = this.#answers.missing(slot);
    return empty === 0 ? "answered" : empty < parts ? "partial" : "open";
  }

  flagged(slot) {
    return this.#flags.get(slot).getAttribute("aria-pressed") === "true";
  }

  setFlag(slot, flag, { say = false } = {}) {
    this.#flags.get(slot).setAttribute("aria-pressed", String(flag));
    this.show(slot);
    if (say) announce(word(flag ? "flagged_said" : "unflagged_said", { number: this.#answers.numberOf(slot) }));
  }

  get answered() {
    return [...this.#states.values()].filter((state) => state !== "open").length;
  }

  show(slot) {
    const cell = this.#cells.get(slot);
    const state = this.state(slot);
    this.#states.set(slot, state);
    cell.toggleAttribute("data-answered", state === "answered");
    cell.toggleAttribute("data-partial", state === "partial");
    cell.toggleAttribute("data-flagged", this.flagged(slot));
    const said = [word(`cell_${state}`), this.flagged(slot) && word("cell_flagged")].filter(Boolean);
    cell.querySelector(".visually-hidden").textContent = said.map((part) => word("cell_join") + part).join("");
    const clear = this.#answers.items.get(slot).article.querySelector("[data-act=clear]");
    if (clear) clear.hidden = state === "open";
    for (const count of document.querySelectorAll(".sheet-count")) {
      count.textContent = `${this.answered} / ${this.#cells.size}`;
    }
  }

  /** A cell like the sheet's, for another list. */
  copy(slot) {
    const cell = this.#cells.get(slot).cloneNode(true);
    cell.removeAttribute("aria-current");
    return cell;
  }

  /* ---- going about ---- */

  #mark(slot) {
    if (slot === this.current) return;
    this.#cells.get(this.current)?.removeAttribute("aria-current");
    this.current = slot;
    this.#cells.get(slot).setAttribute("aria-current", "true");
    for (const item of this.#answers.items.values()) item.article.toggleAttribute("data-current", item.slot === slot);
    if (!this.one) return;
    history.replaceState(history.state, "", `#q${slot}`);
    const slots = this.#answers.slots;
    for (const [act, end] of [["previous", slots[0]], ["next", slots.at(-1)]]) {
      const button = this.#paper.querySelector(`[data-act=${act}]`);
      if (button) button.disabled = slot === end;
    }
  }

  go(slot) {
    if (!this.#cells.has(slot)) return;
    this.#scrolled = false;
    this.#mark(slot);
    const { article } = this.#answers.items.get(slot);
    article.focus({ preventScroll: true });
    article.scrollIntoView({ block: "start" });
  }

  step(by) {
    const slots = this.#answers.slots;
    const to = slots[slots.indexOf(this.current) + by];
    if (to !== undefined) this.go(to);
  }

  #follow(event) {
    const cell = event.target.closest?.("a.cell[data-slot]");
    const act = event.target.closest?.("[data-act=previous], [data-act=next]")?.dataset.act;
    if (cell) {
      event.preventDefault();
      cell.closest("dialog")?.close();
      const sheet = document.getElementById("sheet");
      if (sheet.matches?.(":popover-open")) sheet.hidePopover();
      this.go(Number(cell.dataset.slot));
    } else if (act) this.step(act === "next" ? 1 : -1);
  }

  #watchScrolling() {
    const scrolls = () => (this.#scrolled = true);
    for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"]) addEventListener(kind, scrolls, { passive: true });
    // One is at what one writes in, as long as it is in sight.
    const writes = () => {
      const box = document.activeElement?.closest("article.item")?.getBoundingClientRect();
      return Boolean(box) && box.bottom > 0 && box.top < innerHeight;
    };
    const seen = new IntersectionObserver(
      (entries) => {
        const entry = entries.find(({ isIntersecting }) => isIntersecting);
        if (entry && this.#scrolled && !writes()) this.#mark(Number(entry.target.dataset.slot));
      },
      { rootMargin: "-30% 0px -69% 0px" },
    );
    for (const { article } of this.#answers.items.values()) seen.observe(article);
  }
}
