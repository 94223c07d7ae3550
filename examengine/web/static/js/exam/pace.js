/** When a save may go: at its cadence, after a back-off, not while it is held. */

const BACK_OFF_MOST = 30;

export class Pace {
  all = false; // no cadence: everything goes now
  hurry = false; // the last seconds
  #tries = 0;
  #notBefore = 0;
  #held = new Set();

  /** No failure stands before this try. */
  get first() {
    return this.#tries === 0;
  }

  get held() {
    return this.#held.size > 0;
  }

  hold(why) {
    this.#held.add(why);
  }

  release(why) {
    return this.#held.delete(why);
  }

  /** No more waiting for a back-off. */
  atOnce() {
    this.#notBefore = 0;
  }

  succeeded() {
    this.#tries = 0;
  }

  /** 1, 2, 4 … 30 s, give or take a quarter, unless told otherwise. */
  failed(ms = Math.min(BACK_OFF_MOST, 2 ** this.#tries) * 1000 * (0.75 + Math.random() / 2)) {
    this.#tries = Math.min(this.#tries + 1, 10);
    this.#notBefore = performance.now() + ms;
  }

  /** Not before this moment (performance.now), whatever waits. */
  after(due) {
    return Math.max(this.#notBefore, due);
  }
}
