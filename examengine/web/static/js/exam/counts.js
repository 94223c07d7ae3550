/** Character counts under the text fields: code points, so that a Chinese character is one however it is stored. */

import { points } from "./splice.js";
import { announce, word } from "./words.js";

export class Counts {
  #answers;
  #over = new Set();

  constructor(answers) {
    this.#answers = answers;
    for (const slot of answers.slots) this.show(slot);
  }

  /** Slots whose text is longer than asked for. */
  get over() {
    return [...this.#over];
  }

  show(slot) {
    const { shape, article, inputs, maxChars } = this.#answers.items.get(slot);
    const line = article.querySelector(".count");
    if (shape !== "text" || !line) return;
    const count = points(inputs[0].value);
    line.querySelector("[data-count]").textContent = String(count);
    const excess = maxChars ? Math.max(0, count - maxChars) : 0;
    line.toggleAttribute("data-over", excess > 0);
    const note = line.querySelector("[data-excess]") ?? line.appendChild(document.createElement("span"));
    note.dataset.excess = "";
    note.textContent = excess ? ` · ${word("over_limit", { n: excess })}` : "";
    if (excess && !this.#over.has(slot)) {
      announce(word("over_limit_said", { number: this.#answers.numberOf(slot), n: maxChars }));
    }
    if (excess) this.#over.add(slot);
    else this.#over.delete(slot);
  }
}
