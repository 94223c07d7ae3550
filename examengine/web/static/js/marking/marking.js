/**
 * The marking page: number keys choose levels, Ctrl+Enter saves, the total follows, what is entered survives a log-in.
 * The page works without it.
 * @module
 */
import { typing } from "../shell.js";
import { drafts } from "./draft.js";

/** @param {number} value */
const shown = (value) => String(Number(value.toFixed(2)));

/**
 * @param {string} text with {names}
 * @param {Record<string, string>} values
 */
const worded = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);

/** @param {HTMLFormElement} form */
function start(form) {
  const criteria = [...form.querySelectorAll("fieldset.criterion")];
  const chosenIn = (criterion) => criterion.querySelector("input:checked");
  const draft = drafts(form);
  let sent = false;

  const total = () => {
    let sum = 0;
    let any = false;
    for (const criterion of criteria) {
      const chosen = chosenIn(criterion);
      const output = criterion.querySelector("[data-points-of]");
      output.textContent = `${chosen ? shown(Number(chosen.dataset.points)) : "–"} / ${output.dataset.pointsOf}`;
      if (!chosen) continue;
      any = true;
      sum += Number(chosen.dataset.points);
    }
    const own = form.querySelector("[data-total]");
    own.textContent = `${any ? shown(sum) : "–"} / ${own.dataset.of}`;
    const scaled = form.querySelector("[data-scaled]");
    if (!scaled) return;
    const points = (sum * Number(scaled.dataset.maximum)) / Number(own.dataset.maximum);
    scaled.textContent = any ? worded(scaled.dataset.text, { points: shown(points), maximum: scaled.dataset.of }) : "";
  };

  const point = (criterion) => {
    for (const each of criteria) each.toggleAttribute("data-current", each === criterion);
  };
  const current = () => criteria.find((each) => each.hasAttribute("data-current"));
  const waiting = () => criteria.find((each) => !chosenIn(each));

  /** The next criterion without a level takes the keys, and the focus with them. */
  const advance = () => {
    const next = waiting();
    if (!next) return;
    point(next);
    next.querySelector("input")?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  };

  const speak = (criterion, input) => {
    const place = document.querySelector("[data-spoken]");
    place.textContent = worded(place.dataset.text, {
      criterion: criterion.querySelector("legend").textContent.trim(),
      points: shown(Number(input.dataset.points)),
      maximum: shown(Number(criterion.dataset.maximum)),
    });
  };

  const choose = (key) => {
    const criterion = current();
    const input = criterion?.querySelector(`input[data-key="${key}"]:enabled`);
    if (!input) return false;
    input.checked = true;
    input.focus({ preventScroll: true });
    input.dispatchEvent(new Event("change", { bubbles: true }));
    speak(criterion, input);
    advance();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229 || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
      const save = form.querySelector("[data-save]");
      if (!save || event.repeat) return;
      event.preventDefault();
      form.requestSubmit(save);
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event)) return;
    if (/^[0-9]$/.test(event.key) && !event.repeat && choose(event.key)) event.preventDefault();
  });

  form.addEventListener("focusin", (event) => {
    const criterion = event.target.closest("fieldset.criterion");
    if (criterion) point(criterion);
  });
  form.addEventListener("input", () => {
    draft.keep();
    total();
  });
  form.addEventListener("change", () => {
    draft.keep();
    total();
  });
  form.addEventListener("submit", (event) => {
    // A second click while the first is under way would only repeat it.
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener("pageshow", () => {
    sent = false;
    total();
  });

  if (draft.restore()) form.querySelector("[data-restored]").hidden = false;
  point(waiting() ?? criteria[0]);
  total();
}

const form = document.querySelector("form[data-marking]");
if (form) start(form);
