/** What an attempt's answers come to, as both sides state it. */

/** SHA-256 of the UTF-8 of `text`, in hex. */
export async function sha256(text) {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Not answered: null, [], "" and lists of empty strings. */
export function isEmpty(value) {
  if (Array.isArray(value)) return value.every((part) => part === "");
  return value === null || value === undefined || value === "";
}

/**
 * [slot, value] of every answered slot, ascending.
 * @param {Map<number, unknown>} values
 */
export function pairs(values) {
  return [...values].filter(([, value]) => !isEmpty(value)).sort(([a], [b]) => a - b);
}

/** The slots in which two lists of pairs differ, with both values (null: no answer). */
export function differences(mine, theirs) {
  const here = new Map(mine);
  const there = new Map(theirs);
  return [...new Set([...here.keys(), ...there.keys()])]
    .sort((a, b) => a - b)
    .map((slot) => ({ slot, mine: here.get(slot) ?? null, theirs: there.get(slot) ?? null }))
    .filter((row) => !same(row.mine, row.theirs));
}

export function same(one, other) {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
