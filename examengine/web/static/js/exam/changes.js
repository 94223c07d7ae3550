/** The answers and flags that changed and wait to be sent, and when each is due. */

import { now } from "./clock.js";
import { same } from "./digest.js";
import { pack } from "./entries.js";

const CHOICE_WAIT = 400;
const TEXT_IDLE = 3_000;
const TEXT_MOST = 15_000;
const HURRY = 800;

export class Changes {
  #answers;
  #dirty = new Map(); // slot -> {t, first, last}: t by the page's clock, the others say how long it waits
  #flags = new Map(); // slot -> {t, flag, first}
  #refused = new Map(); // slot -> the value that the server did not take; tried again when it changes
  #made = new Map(); // slot -> t of the last change, also after it was sent

  constructor(answers) {
    this.#answers = answers;
  }

  touch(slot, t = now()) {
    const at = performance.now();
    this.#made.set(slot, t);
    this.#dirty.set(slot, { t, first: this.#dirty.get(slot)?.first ?? at, last: at });
  }

  /** As it is, though nobody changed it now: it keeps the time it was made (0: it stood here when the page came). */
  again(slot) {
    this.touch(slot, this.#made.get(slot) ?? 0);
  }

  flag(slot, flag, t = now()) {
    this.#flags.set(slot, { t, flag, first: performance.now() });
  }

  isText(slot) {
    return ["text", "blanks"].includes(this.#answers.shape(slot));
  }

  get slots() {
    return [...this.#dirty.keys()];
  }

  get sendable() {
    return this.slots.filter((slot) => !this.#isRefused(slot));
  }

  get some() {
    return this.#dirty.size > 0 || this.#flags.size > 0;
  }

  #isRefused(slot) {
    return this.#refused.has(slot) && same(this.#refused.get(slot), this.#answers.read(slot));
  }

  refuse(slot, value) {
    this.#refused.set(slot, value);
  }

  get refused() {
    return [...this.#refused.keys()].filter((slot) => this.#isRefused(slot)).sort((a, b) => a - b);
  }

  /** When the next save is due (performance.now); Infinity when there is nothing to send. */
  dueAt({ all, hurry }) {
    const slots = this.sendable;
    if (all && (slots.length || this.#flags.size)) return 0;
    const dues = slots.map((slot) => {
      const { first, last } = this.#dirty.get(slot);
      if (!this.isText(slot)) return first + CHOICE_WAIT;
      return hurry ? first + HURRY : Math.min(last + TEXT_IDLE, first + TEXT_MOST);
    });
    for (const { first } of this.#flags.values()) dues.push(first + CHOICE_WAIT);
    return Math.min(...dues);
  }

  /** Take out what fits into one save; null when nothing does. */
  take({ base, shown, most, alone }) {
    const read = (slot) => this.#answers.read(slot, { shown });
    const sendable = new Map(this.sendable.map((slot) => [slot, this.#dirty.get(slot)]));
    const { body, after, flags, spliced, unchanged, tooLarge } = pack(sendable, this.#flags, { read, base, most, alone });
    for (const slot of unchanged) this.#dirty.delete(slot);
    for (const slot of tooLarge) this.refuse(slot, read(slot));
    if (!body) return null;
    const times = {};
    for (const slot of Object.keys(after).map(Number)) {
      times[slot] = this.#dirty.get(slot).t;
      this.#dirty.delete(slot);
    }
    for (const slot of Object.keys(flags).map(Number)) this.#flags.delete(slot);
    return { body, after, times, flags, spliced };
  }

  /** Put back what was taken; a later change of the same slot stands. */
  putBack({ after, times, flags }) {
    const at = performance.now();
    for (const slot of Object.keys(after).map(Number)) {
      if (!this.#dirty.has(slot)) this.#dirty.set(slot, { t: times[slot] ?? now(), first: at, last: at });
    }
    for (const [slot, flag] of Object.entries(flags)) {
      if (!this.#flags.has(Number(slot))) this.flag(Number(slot), flag);
    }
  }

  /** For the copy in the browser. */
  record({ shown }) {
    const values = {};
    for (const [slot, { t }] of this.#dirty) values[slot] = { t, value: this.#answers.read(slot, { shown }) };
    return { values, flags: Object.fromEntries(this.#flags) };
  }
}
