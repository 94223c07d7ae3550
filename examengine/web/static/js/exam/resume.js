/** What this browser still has of an attempt when its page is opened again. */

import { carryOn } from "./clock.js";
import { same } from "./digest.js";

/** Slots whose inputs were changed before the scripts ran, or that a browser filled in by itself. */
export function typedEarly(answers) {
  return new Set(answers.slots.filter((slot) => !same(answers.read(slot, { shown: true }), answers.rendered(slot))));
}

/**
 * Take up what this epoch left: its values go back into the page, the body under way is sent again as it was.
 * @returns {Map<number, unknown>} what could not go back, because something was typed there in the meantime
 */
export function takeUp({ store, queue, answers, grid }) {
  const typed = typedEarly(answers);
  const kept = new Map();
  const left = store.load();
  if (left) {
    carryOn(left);
    // One that others have followed was acknowledged.
    const flight = left.flight?.seq >= queue.ledger.spent ? left.flight : null;
    const values = new Map(Object.entries(flight?.after ?? {}).map(([slot, value]) => [Number(slot), value]));
    for (const [slot, { value }] of Object.entries(left.values ?? {})) values.set(Number(slot), value);
    for (const [slot, value] of values) {
      if (!answers.items.has(slot)) continue;
      if (typed.has(slot)) kept.set(slot, value);
      else answers.write(slot, value);
    }
    for (const [slot, { t }] of Object.entries(left.values ?? {})) {
      if (answers.items.has(Number(slot)) && !typed.has(Number(slot))) queue.touch(Number(slot), t);
    }
    const flags = { ...flight?.flags };
    for (const [slot, { t, flag }] of Object.entries(left.flags ?? {})) {
      flags[slot] = flag;
      if (answers.items.has(Number(slot))) queue.flag(Number(slot), flag, t);
    }
    for (const [slot, flag] of Object.entries(flags)) if (answers.items.has(Number(slot))) grid.setFlag(Number(slot), flag);
    if (flight) queue.adopt(flight);
  }
  for (const slot of typed) queue.touch(slot);
  return kept;
}

/** What earlier epochs left unacknowledged and the page does not show: the person decides about it. */
export function leftBehind({ store, answers }) {
  const values = new Map();
  for (const record of store.older()) {
    for (const [slot, value] of Object.entries(record.flight?.after ?? {})) values.set(Number(slot), value);
    for (const [slot, { value }] of Object.entries(record.values ?? {})) values.set(Number(slot), value);
  }
  return new Map([...values].filter(([slot, value]) => answers.items.has(slot) && !same(value, answers.read(slot))));
}
