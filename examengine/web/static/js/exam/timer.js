/** The time left, by the server's word and the page's monotonic clock; the device's clock is never asked. */

import { announce, duration, face, word } from "./words.js";

const WARNINGS = [600_000, 300_000, 60_000];
const LEVELS = [
  [60_000, "one"],
  [300_000, "five"],
  [600_000, "ten"],
];
const LAST_SECONDS = 15_000;
const NOTABLE = 3_000; // a smaller correction is the network's, not the invigilator's
// An entry's age does not count its way to the server, so the last key has to be pressed about that much before the end.
const RESERVE_LEAST = 200;
const RESERVE_MOST = 1_000;
const TRIPS = 5;

export class Timer {
  #end = Infinity; // performance.now() at which the time is up
  #held = null; // ms left while the attempt is paused
  #before = Infinity;
  #timeout = 0;
  #over = false;
  #trips = []; // the last answers' ways there and back, ms
  #box = document.getElementById("clock");
  #face = this.#box.querySelector(".timer");

  /** @param {{hurry: (on: boolean) => void, done: () => void}} on */
  constructor(on) {
    this.on = on;
    this.#box.querySelector(".clock-say").addEventListener("click", () => this.say());
    document.addEventListener("visibilitychange", () => this.#tick());
  }

  get left() {
    return this.#held ?? Math.max(0, this.#end - this.#reserve - performance.now());
  }

  get #reserve() {
    return Math.min(RESERVE_MOST, RESERVE_LEAST + Math.max(0, ...this.#trips));
  }

  /**
   * The server said `remaining` at some moment between `sent` and `got`, so the end lies between the two sums. An end that
   * fits is kept; one that does not is moved to the nearer edge, so a slow answer takes no time away and gives none.
   */
  sync(remaining, sent, got) {
    if (!Number.isFinite(remaining)) return;
    this.#trips = [...this.#trips, got - sent].slice(-TRIPS);
    const [soonest, latest] = [sent + remaining, got + remaining];
    const end = Math.min(Math.max(this.#end === Infinity ? soonest : this.#end, soonest), latest);
    const moved = this.#end === Infinity || this.#held !== null ? 0 : end - this.#end;
    this.#end = end;
    this.#held = null;
    if (this.left > 0) this.#over = false;
    if (Math.abs(moved) > NOTABLE) {
      this.#before = this.left;
      announce(word("time_changed", { duration: duration(this.left) }));
    }
    this.#tick();
  }

  pause(remaining) {
    this.#held = Number.isFinite(remaining) ? remaining : this.left;
    this.#tick();
  }

  say() {
    announce(word(this.#held === null ? "time_left" : "time_paused", { duration: duration(this.left) }));
  }

  #tick() {
    clearTimeout(this.#timeout);
    if (this.#end === Infinity && this.#held === null) return;
    const left = this.left;
    this.#face.textContent = face(left);
    const level = this.#held === null ? (LEVELS.find(([most]) => left <= most)?.[1] ?? "calm") : "paused";
    if (this.#box.dataset.level !== level) this.#box.dataset.level = level;
    if (this.#held !== null) return;
    const passed = WARNINGS.filter((mark) => this.#before > mark && left <= mark && left > 0).pop();
    if (passed && this.#before !== Infinity) announce(word("time_left", { duration: duration(passed) }));
    this.#before = left;
    this.on.hurry(left <= LAST_SECONDS);
    if (left > 0) {
      this.#timeout = setTimeout(() => this.#tick(), Math.min((left % 1000) + 15, left + 1));
    } else if (!this.#over) {
      this.#over = true;
      this.on.done();
    }
  }
}
