/** The saved line in the header. */

import { timeOfDay, word } from "./words.js";

const line = document.getElementById("saved");

/**
 * @param {{queue: any, trouble: ""|"offline"|"failing", readonly: boolean, savedAt: string|null, zone?: number}} now
 */
export function showLine({ queue, trouble, readonly, savedAt, zone }) {
  const open = queue ? queue.open.length : 0;
  const unsaved = word(open === 0 ? "unsaved" : open === 1 ? "unsaved_one" : "unsaved_many", { n: open });
  const saved = savedAt ? word("saved", { time: timeOfDay(savedAt, zone) }) : word("nothing_yet");
  const pending = queue && !queue.settled;
  let [state, text] = ["saved", saved];
  if (readonly) [state, text] = ["readonly", open ? unsaved : word("readonly")];
  else if (pending && trouble === "offline") [state, text] = ["offline", unsaved];
  else if (pending && !trouble && !queue.held) [state, text] = ["saving", word("saving")];
  else if (pending || open) [state, text] = ["unsaved", unsaved]; // open and not pending: refused as it is
  if (line.dataset.state !== state) line.dataset.state = state;
  const label = line.querySelector("span");
  if (label.textContent !== text) label.textContent = text;
}
