/** Changes that were kept from before a takeover: offered, never put in by themselves. */

import { hide, show } from "./bars.js";
import { compare } from "./differ.js";
import { list, word } from "./words.js";

/**
 * @param {Map<number, unknown>} kept
 * @param {{answers: any, queue: any, store: any}} page
 */
export function offer(kept, { answers, queue, store }) {
  if (!kept.size) return store.dropOlder();
  const numbers = [...kept.keys()].sort((a, b) => a - b).map((slot) => answers.numberOf(slot));
  show("kept", word("kept", { numbers: list(numbers) }));
  const decide = (choice) => {
    if (!choice || queue.stopped) return;
    hide("kept");
    if (choice === "here") {
      for (const [slot, value] of kept) {
        answers.write(slot, value);
        queue.touch(slot);
      }
      queue.keep();
      answers.items.get([...kept.keys()][0]).article.focus();
    }
    store.dropOlder();
  };
  const bar = document.querySelector("[data-bar=kept]");
  bar.querySelector("[data-act=kept-use]").addEventListener("click", () => decide("here"));
  bar.querySelector("[data-act=kept-compare]").addEventListener("click", async () => {
    const rows = [...kept].map(([slot, mine]) => ({ slot, mine, theirs: answers.read(slot) }));
    decide(await compare("kept", rows, answers));
  });
}
