/** The bars below the header: what cannot be missed, without a dialog. */

const bars = new Map([...document.querySelectorAll("[data-bar]")].map((bar) => [bar.dataset.bar, bar]));
const PASSING = ["offline", "failing", "unkept", "signed-out", "too-many", "paused", "kept"];
const READING = ["second-tab", "elsewhere", "taken-over"];
const LAST = [...READING, "closed", "stopped"];

/** Show a bar, with its changing sentence if it has one. What is over for good takes the place of what passes. */
export function show(name, text) {
  const bar = bars.get(name);
  if (!bar) return;
  const line = bar.querySelector("[data-text]");
  if (line && text !== undefined && line.textContent !== text) line.textContent = text;
  if (LAST.includes(name)) hide(...PASSING, ...LAST.filter((other) => other !== name));
  if (bar.hidden) bar.hidden = false;
}

export function hide(...names) {
  for (const name of names) {
    const bar = bars.get(name);
    if (bar && !bar.hidden) bar.hidden = true;
  }
}

/** Tell the style sheet how high the header is with its bars, so that nothing focused hides below it. */
export function measureTop() {
  const top = document.querySelector(".exam-top");
  const tell = () => document.documentElement.style.setProperty("--exam-top", `${Math.round(top.offsetHeight)}px`);
  new ResizeObserver(tell).observe(top);
  tell();
}
