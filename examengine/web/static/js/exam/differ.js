/** Two versions of some answers side by side, for the person to choose. */

import { word } from "./words.js";

const dialog = document.getElementById("differ-dialog");

/**
 * @param {"kept"|"submit"} phase
 * @param {{slot: number, mine: unknown, theirs: unknown}[]} rows
 * @returns {Promise<"here"|"server"|"">}
 */
export function compare(phase, rows, answers) {
  for (const part of dialog.querySelectorAll("[data-phase]")) part.hidden = part.dataset.phase !== phase;
  dialog.querySelector("tbody").replaceChildren(
    ...rows.map(({ slot, mine, theirs }) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = answers.numberOf(slot);
      const cells = [mine, theirs].map((value) => {
        const cell = document.createElement("td");
        cell.textContent = answers.describe(slot, value) || word("no_answer");
        return cell;
      });
      row.append(head, ...cells);
      return row;
    }),
  );
  dialog.showModal();
  return new Promise((resolve) => {
    const done = (choice) => {
      dialog.removeEventListener("click", choose);
      dialog.removeEventListener("close", leave);
      if (dialog.open) dialog.close();
      resolve(choice);
    };
    const choose = ({ target }) => {
      const button = target.closest("[data-choice]");
      if (button) done(button.dataset.choice);
    };
    const leave = () => done("");
    dialog.addEventListener("click", choose);
    dialog.addEventListener("close", leave);
  });
}
