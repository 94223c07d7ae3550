/** One change of a text as [at, cut, put], counted in Unicode code points. Texts are well-formed UTF-16. */

const isHigh = (unit) => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit) => unit >= 0xdc00 && unit <= 0xdfff;

/** The number of code points in `text`. */
export function points(text) {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if (isLow(text.charCodeAt(i))) count--;
  return count;
}

/**
 * The smallest single splice that makes `after` of `before`; null when they are the same.
 * @returns {[number, number, string] | null}
 */
export function splice(before, after) {
  if (before === after) return null;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before.charCodeAt(head) === after.charCodeAt(head)) head++;
  // Never between the halves of a pair: the first half may be shared and the second not.
  if (head > 0 && isHigh(before.charCodeAt(head - 1))) head--;
  let tail = 0;
  while (
    tail < most - head &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  )
    tail++;
  if (tail > 0 && isLow(before.charCodeAt(before.length - tail))) tail--;
  const cut = before.slice(head, before.length - tail);
  return [points(before.slice(0, head)), points(cut), after.slice(head, after.length - tail)];
}

/** `before` with a splice done: what the server does. */
export function apply(before, [at, cut, put]) {
  const all = Array.from(before);
  all.splice(at, cut, put);
  return all.join("");
}
