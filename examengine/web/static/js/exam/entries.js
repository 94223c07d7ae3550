/** From changed slots to the body of one save. */

import { same } from "./digest.js";
import { splice } from "./splice.js";

export const BODY_MOST = 256 * 1024;
export const ENTRY_MOST = 64 * 1024;
const ENTRIES_MOST = 500;

const utf8 = new TextEncoder();
export const bytes = (text) => utf8.encode(text).length;
const textBytes = (value) => bytes([value].flat().filter((part) => typeof part === "string").join(""));

/** The entry that brings the server from `base` to `value`: a splice where one is allowed and shorter. */
export function entryOf(slot, t, value, base) {
  const whole = { slot, t, value };
  if (!base?.mine || typeof value !== "string" || typeof base.value !== "string") return whole;
  const short = { slot, t, splice: splice(base.value, value) };
  return JSON.stringify(short).length < JSON.stringify(whole).length ? short : whole;
}

/**
 * Pack what fits into one save.
 * @param {Map<number, {t: number}>} dirty changed answers
 * @param {Map<number, {t: number, flag: boolean}>} flags changed flags
 * @param {{read: (slot: number) => unknown, base: Map<number, {value: unknown, mine: boolean}>, most?: number,
 *   alone?: boolean}} how
 *   alone: one entry only, to find the one that is refused
 * @returns {{body: string, after: Record<string, unknown>, flags: Record<string, boolean>, spliced: boolean,
 *   unchanged: number[], tooLarge: number[]}}
 */
export function pack(dirty, flags, { read, base, most = BODY_MOST, alone = false }) {
  const packed = { body: "", after: {}, flags: {}, spliced: false, unchanged: [], tooLarge: [] };
  const texts = [];
  let size = 1;
  const add = (entry) => {
    const text = JSON.stringify(entry);
    const length = bytes(text) + 1;
    if (size + length > most || texts.length >= (alone ? 1 : ENTRIES_MOST)) return false;
    texts.push(text);
    size += length;
    return true;
  };
  for (const slot of [...dirty.keys()].sort((a, b) => a - b)) {
    const value = read(slot);
    if (same(value, base.get(slot)?.value)) packed.unchanged.push(slot);
    else if (textBytes(value) > ENTRY_MOST) packed.tooLarge.push(slot);
    else {
      const entry = entryOf(slot, dirty.get(slot).t, value, base.get(slot));
      if (!add(entry)) continue;
      packed.after[slot] = value;
      packed.spliced ||= "splice" in entry;
    }
  }
  for (const [slot, { t, flag }] of flags) if (add({ slot, t, flag })) packed.flags[slot] = flag;
  if (texts.length) packed.body = `[${texts.join(",")}]`;
  return packed;
}
