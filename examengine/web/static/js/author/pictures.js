/**
 * Pictures added without leaving the page, and put into the rich text field that was written in last.
 * @module
 */

import { renewed, say } from "./exchange.js";

/** @param {HTMLFormElement} form */
export function pictures(form) {
  const region = () => document.getElementById("pictures");
  if (!region()) return;
  /** @type {HTMLTextAreaElement | null} */
  let last = null;
  let busy = false;

  // The buttons take the place of the codes, which are there to be copied.
  const offer = () => {
    for (const part of region()?.querySelectorAll("[data-insert], .picture-list code") ?? []) {
      if (part instanceof HTMLElement) part.hidden = part.tagName === "CODE";
    }
  };

  const add = async () => {
    const here = region();
    if (busy || !here) return;
    busy = true;
    here.setAttribute("aria-busy", "true");
    const data = new FormData(form);
    data.set("act", "picture");
    const answer = await fetch(location.href, { method: "POST", body: data, headers: { Accept: "text/html" }, redirect: "error" }).catch(() => null);
    busy = false;
    here.removeAttribute("aria-busy");
    if (answer?.status === 413) return say(form, form.dataset.large ?? "");
    if (!answer || (!answer.ok && answer.status !== 422)) return say(form, form.dataset.offline ?? "");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const kept = form.elements.namedItem("uploads");
    const sent = page.querySelector("#editor [name=uploads]");
    if (kept instanceof HTMLInputElement && sent instanceof HTMLInputElement) kept.value = sent.value;
    const made = renewed(page, here);
    say(form, "");
    offer();
    const next = answer.ok ? made.querySelector("[data-insert]") : made.querySelector("input[type=file]");
    if (next instanceof HTMLElement) next.focus();
    form.dispatchEvent(new Event("input"));
  };

  /** @param {string} code */
  const put = (code) => {
    const area = last?.isConnected ? last : form.querySelector("textarea[data-rich]");
    if (!(area instanceof HTMLTextAreaElement)) return;
    area.focus();
    // insertText keeps the browser's undo; where it is not known the value is set.
    if (!document.execCommand("insertText", false, code)) area.setRangeText(code, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
    say(form, form.dataset.inserted ?? "");
  };

  form.addEventListener("focusin", (event) => {
    if (event.target instanceof HTMLTextAreaElement && event.target.matches("[data-rich]")) last = event.target;
  });
  form.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-insert]") : null;
    if (button instanceof HTMLElement) put(button.dataset.insert ?? "");
  });
  // Enter adds the picture whose description was typed, and saves nothing.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !(event.target instanceof HTMLInputElement) || event.target.name !== "picture_alt") return;
    event.preventDefault();
    add();
  });
  document.addEventListener("submit", (event) => {
    if (event.target !== form || event.defaultPrevented || event.submitter?.getAttribute("value") !== "picture") return;
    event.preventDefault();
    add();
  });
  offer();
}
