/**
 * Nothing entered is lost by a slip: leaving asks, Ctrl+S saves, a second press of a button sends nothing twice.
 * @module
 */

/** @param {HTMLFormElement} form */
export function guard(form) {
  let dirty = document.querySelector(".error-summary") !== null;
  let sent = false;
  form.addEventListener("input", () => (dirty = true));
  form.addEventListener("rows:changed", () => (dirty = true));
  addEventListener("beforeunload", (event) => {
    if (dirty && !sent) event.preventDefault();
  });
  // Comes back from the browser's memory: the form may be sent again.
  addEventListener("pageshow", () => (sent = false));
  document.addEventListener("submit", (event) => {
    if (event.target !== form || event.defaultPrevented) return;
    if (sent) event.preventDefault();
    sent = true;
  });
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    if (document.querySelector("dialog[open]")) return;
    event.preventDefault();
    const save = form.querySelector("button[name=act][value=save]:not([aria-hidden])");
    if (save instanceof HTMLButtonElement) form.requestSubmit(save);
  });
}
