/** The page's words, in the person's language, from the JSON block the server wrote. */

const strings = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");

/** The sentence called `name` with its {placeholders} filled. */
export function word(name, values = {}) {
  return (strings[name] ?? name).replace(/\{(\w+)\}/g, (mark, key) => (key in values ? String(values[key]) : mark));
}

function counted(name, n) {
  return word(`${name}_${n === 1 ? "one" : "many"}`, { n });
}

/** A length of time in words, as exact as one needs it: "1 hour 5 minutes", "4 minutes 10 seconds". */
export function duration(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  const parts = [
    [h, "hours"],
    [m, "minutes"],
    [h ? 0 : s, "seconds"],
  ];
  const said = parts.filter(([n]) => n > 0).map(([n, unit]) => counted(unit, n));
  const [first, second] = said.length ? said : [counted("seconds", 0)];
  return second ? word("two_parts", { first, second }) : first;
}

/** Numbers or words as a list in a sentence. */
export function list(entries) {
  const texts = entries.map(String);
  try {
    return new Intl.ListFormat(document.documentElement.lang || "en", { type: "conjunction" }).format(texts);
  } catch {
    return texts.join(", ");
  }
}

/** hh:mm:ss of a server time in the company's zone (minutes east of UTC), or in the browser's when it is not given. */
export function timeOfDay(rfc3339, zoneOffsetMin) {
  const at = new Date(rfc3339.replace(/(\.\d{3})\d+/, "$1"));
  if (Number.isNaN(at.getTime())) return "";
  const offset = zoneOffsetMin ?? -at.getTimezoneOffset();
  return new Date(at.getTime() + offset * 60_000).toISOString().slice(11, 19);
}

/** Minutes and seconds (and hours) for the clock face. */
export function face(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** Say it to those who listen to the page; the same sentence twice is said twice. */
export function announce(text) {
  const region = document.getElementById("announce");
  if (!region) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = text), 60);
}
