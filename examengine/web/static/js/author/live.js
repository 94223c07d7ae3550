/**
 * What the form says, shown while it is written: 400 ms after the last change, never while composing.
 * @module
 */

import { watchWide } from "../shell.js";
import { exchange, renewed } from "./exchange.js";

/**
 * @param {HTMLFormElement} form
 * @param {string} fields what must have changed, as a selector
 * @param {(signal: AbortSignal) => Promise<void>} show
 */
function settled(form, fields, show) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  let going = new AbortController();
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      going.abort();
      going = new AbortController();
      show(going.signal);
    }, 400);
  };
  for (const kind of ["input", "change", "compositionend", "rows:changed"]) {
    form.addEventListener(kind, (event) => {
      if (!event.isComposing && event.target instanceof Element && event.target.matches(fields)) later();
    });
  }
}

/**
 * The two previews beside the editor.
 * @param {HTMLFormElement} form
 */
export function preview(form) {
  const url = form.dataset.preview;
  if (!url) return;
  settled(form, "*", async (signal) => {
    const page = await exchange(form, "", "", { url, signal });
    if (!page) return;
    for (const id of ["preview-candidate", "preview-grader", "preview-problems"]) {
      const here = document.getElementById(id);
      const there = page.getElementById(id);
      if (!here || !there) continue;
      here.replaceChildren(...document.importNode(there, true).childNodes);
      watchWide(here);
    }
  });
}

/**
 * What an exam's plan amounts to.
 * @param {HTMLFormElement} form
 */
export function check(form) {
  if (!form.dataset.check) return;
  settled(form, "[name^=sections-]", async (signal) => {
    const page = await exchange(form, "act", "check", { signal });
    if (page) for (const live of document.querySelectorAll("[data-live]")) renewed(page, live);
  });
}
