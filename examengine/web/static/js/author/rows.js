/**
 * Rows added, moved and removed, and questions picked, without a reload: the same buttons as without a script,
 * answered by the same page; only the list they stand in is renewed, and the focus goes on from there.
 * @module
 */

import { exchange, renewed, say } from "./exchange.js";

const FIELDS = "input:not([type=hidden], [type=checkbox]), textarea, select";

/**
 * Where the focus goes after a command.
 * @param {string} command "add options", "up options 2", "pick sections-0-slots" …
 * @param {Element} region the renewed outermost list
 * @returns {HTMLElement | null}
 */
function next(command, region) {
  const [verb, name, number] = command.split(" ");
  const all = [region, ...region.querySelectorAll("[data-rows]")];
  const list = all.find((each) => each instanceof HTMLElement && each.dataset.rows === name);
  const button = (...verbs) => verbs
    .map(([does, at]) => region.querySelector(`[name=row][value="${does} ${name} ${at}"]`))
    .find((found) => found instanceof HTMLElement) ?? null;
  const at = Number(number);
  if (verb === "add") return [...(list?.querySelectorAll(`:scope > :is(.repeat-row, [data-row])`) ?? [])].at(-1)?.querySelector(FIELDS) ?? null;
  if (verb === "up") return button(["up", at - 1], ["down", at - 1]);
  if (verb === "down") return button(["down", at + 1], ["up", at + 1]);
  if (verb === "remove") return button(["remove", at], ["remove", at - 1]) ?? /** @type {HTMLElement | null} */ (list ?? null);
  if (verb === "pick") return region.querySelector("#pick_words");
  if (verb === "search") return region.querySelector("#picker-results");
  return region.querySelector("[value^='pick ']") ?? /** @type {HTMLElement} */ (region);
}

/** @param {HTMLFormElement} form */
export function rows(form) {
  let busy = false;

  const act = async (button) => {
    const outermost = outer(button);
    if (!outermost) return;
    busy = true;
    outermost.setAttribute("aria-busy", "true");
    outermost.inert = true; // what would be typed until the answer comes could not be kept
    const page = await exchange(form, "row", button.value);
    busy = false;
    outermost.removeAttribute("aria-busy");
    outermost.inert = false;
    if (!page) return say(form, form.dataset.offline ?? "");
    say(form, "");
    const made = renewed(page, outermost);
    for (const live of form.ownerDocument.querySelectorAll("[data-live]")) if (!made.contains(live)) renewed(page, live);
    form.dispatchEvent(new CustomEvent("rows:changed", { bubbles: true, detail: made }));
    next(button.value, made)?.focus();
  };

  // On the document: shell.js asks for confirmation first, on the same event.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.target !== form || event.defaultPrevented || button?.getAttribute("name") !== "row") return;
    event.preventDefault();
    if (!busy) act(button);
  });

  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let waiting;
  const search = async () => {
    const results = document.getElementById("picker-results");
    const page = results && (await exchange(form, "row", "search"));
    const now = document.getElementById("picker-results");
    if (page && now) renewed(page, now);
  };
  form.addEventListener("input", (event) => {
    if (!(event.target instanceof Element) || !event.target.matches("[data-search]") || event.isComposing) return;
    clearTimeout(waiting);
    waiting = setTimeout(search, 400);
  });
  form.addEventListener("compositionend", (event) => {
    if (event.target instanceof Element && event.target.matches("[data-search]")) waiting = setTimeout(search, 400);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !(event.target instanceof Element)) return;
    if (!event.target.matches("input[data-search]")) return;
    event.preventDefault();
    clearTimeout(waiting);
    search();
  });
}

/**
 * The list that is in no other list.
 * @param {Element} element
 * @returns {Element | null}
 */
function outer(element) {
  let found = element.closest("[data-rows]");
  for (let up = found; up; up = up.parentElement?.closest("[data-rows]") ?? null) found = up;
  return found;
}
