/**
 * What is typed and not yet acknowledged. One save is in flight at a time and is repeated, the same key and the very same
 * body, until its answer is known; everything unacknowledged is also kept in this browser.
 */

import { Changes } from "./changes.js";
import { now } from "./clock.js";
import { BODY_MOST } from "./entries.js";
import { OUTLIVING_MOST, fly, mayOutlive, send } from "./flight.js";
import { Ledger } from "./ledger.js";
import { Pace } from "./pace.js";

const KEEP_WAIT = 250; // how far the copy in the browser may be behind the typing
const FULL_WAIT = 60_000;
const REST = 400;

const slotsOf = (flight) => Object.keys(flight.after).map(Number);

export class Queue {
  stopped = null;
  kept = true; // whether the browser took the copy
  #changes;
  #flight = null;
  #pace = new Pace();
  #waiting = [];
  #alone = false; // one entry a save, to find the one that is refused
  #busy = false;
  #timer = 0;
  #keeper = 0;

  /**
   * @param {{epoch: number, seq: number, token: string, url: string, answers: import("./answers.js").Answers,
   *   store: import("./store.js").Store, askSeq: () => Promise<number>, tell: (what: string, about?: any) => void}} of
   */
  constructor({ epoch, seq, token, url, answers, store, askSeq, tell }) {
    Object.assign(this, { epoch, token, url, answers, store, askSeq, tell });
    this.ledger = new Ledger(seq, answers);
    this.#changes = new Changes(answers);
  }

  /* ---- what the page reports ---- */

  touch(slot, t = now()) {
    this.#changes.touch(slot, t);
    if (this.#changes.isText(slot)) this.#keeper ||= setTimeout(() => this.keep(), KEEP_WAIT);
    else this.keep();
    this.#changed();
  }

  flag(slot, flag, t = now()) {
    this.#changes.flag(slot, flag, t);
    this.keep();
    this.#changed();
  }

  /** Send these slots' whole values whatever is believed to be saved. */
  resend(slots) {
    this.ledger.doubt(slots);
    for (const slot of slots) this.#changes.again(slot);
    this.keep();
    this.#changed();
  }

  #changed() {
    this.tell("changed");
    this.#run();
  }

  /* ---- what is still open ---- */

  /** Slots with something that the server has not acknowledged. */
  get open() {
    return [...new Set([...(this.#flight ? slotsOf(this.#flight) : []), ...this.#changes.slots])].sort((a, b) => a - b);
  }

  get settled() {
    return !this.#flight && !this.#busy && this.#due === Infinity;
  }

  get held() {
    return this.#pace.held;
  }

  /** Slots that the server refused as they are. */
  get refused() {
    return this.#changes.refused;
  }

  get #due() {
    return this.#changes.dueAt(this.#pace);
  }

  /* ---- going on and stopping ---- */

  /** Everything now; resolves when all is acknowledged, rejects with the Problem that ends it. */
  flush() {
    if (this.stopped) return Promise.reject(this.stopped);
    this.#pace.all = true;
    this.retry();
    if (this.settled && !this.held) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** No more waiting: the network is back, or somebody asks. */
  retry() {
    this.#pace.atOnce();
    this.#run();
  }

  /** The last seconds: leave little that could come too late. */
  hurry(on) {
    if (this.#pace.hurry === on) return;
    this.#pace.hurry = on;
    this.#run();
  }

  hold(why) {
    this.#pace.hold(why);
  }

  release(why) {
    if (this.#pace.release(why)) this.retry();
  }

  stop(problem) {
    if (this.stopped) return;
    this.stopped = problem;
    clearTimeout(this.#timer);
    this.keep();
    this.#waiting.splice(0).forEach(({ reject }) => reject(problem));
  }

  /** The page goes away or to the back: all that is shown, at once, and able to outlive the page. */
  leave() {
    const slot = this.answers.composingSlot;
    if (slot !== null) this.touch(slot);
    const flight = this.#flight;
    if (this.#busy && flight && !flight.alive && mayOutlive(flight)) send(flight, this, true).catch(() => {});
    this.#pace.all = true;
    this.#pace.atOnce();
    this.#run({ shown: true, most: OUTLIVING_MOST });
    this.keep({ shown: true });
  }

  /* ---- the copy in this browser ---- */

  keep({ shown = false } = {}) {
    clearTimeout(this.#keeper);
    this.#keeper = 0;
    const left = this.#flight || this.#changes.some;
    const record = { clock: now(), wall: Date.now(), flight: this.#flight, ...this.#changes.record({ shown }) };
    const before = this.kept;
    this.kept = this.store.save(left ? record : null);
    if (this.kept !== before) this.tell("kept");
  }

  /** Take up the body that was under way when the page was last left; false when others have followed it. */
  adopt(flight) {
    if (!flight?.body || flight.seq < this.ledger.spent) return false;
    this.#flight = { ...flight, alive: false };
    this.keep();
    this.#run();
    return true;
  }

  /* ---- the loop ---- */

  #run({ shown = false, most = BODY_MOST } = {}) {
    clearTimeout(this.#timer);
    if (this.#busy || this.stopped || this.held) return;
    const due = this.#pace.after(this.#flight ? 0 : this.#due);
    if (due === Infinity) return this.#rest();
    if (due > performance.now()) return this.#runIn(due - performance.now());
    this.#flight ??= this.#build({ shown, most });
    // Nothing built: what is left does not fit (a page that is going away sends less), or has not changed after all.
    if (!this.#flight) return this.#due === Infinity ? this.#rest() : this.#runIn(REST);
    this.keep({ shown });
    this.#busy = true;
    this.tell("sending");
    this.#fly(this.#flight).finally(() => {
      this.#busy = false;
      this.#run();
    });
  }

  #runIn(ms) {
    this.#timer = setTimeout(() => this.#run(), ms);
  }

  #rest() {
    this.#pace.all = this.#alone = false;
    this.keep();
    this.tell("settled");
    this.#waiting.splice(0).forEach(({ resolve }) => resolve());
  }

  #build(how) {
    const refused = this.refused.length;
    const taken = this.#changes.take({ base: this.ledger.base, alone: this.#alone, ...how });
    if (this.refused.length > refused) this.tell("refused");
    return taken && { seq: this.ledger.spent + 1, ...taken };
  }

  async #fly(flight) {
    // A first try may outlive the page; later ones may not, should a browser or proxy not like that kind.
    flight.alive = this.#pace.first && mayOutlive(flight);
    const { fate, answer, problem } = await fly(flight, this, flight.alive);
    const what = {
      saved: () => this.#saved(flight),
      again: () => this.#pace.failed(),
      full: () => this.#pace.failed(FULL_WAIT),
      held: () => this.hold(problem.code),
      stopped: () => this.stop(problem),
      whole: () => this.#unload(flight),
      apart: () => this.#unload(flight, { alone: true }),
      refused: () => this.#takeBack(flight),
      late: () => this.#handedInLate(flight),
      differs: () => this.#goOnAfter(flight.seq, flight),
      reused: () => this.#renumber(flight),
    };
    await what[fate]();
    this.tell(fate, answer ?? problem);
  }

  /** The flight's key is spent: the next one comes. */
  #land() {
    this.#flight = null;
    this.keep();
  }

  #saved(flight) {
    this.ledger.saved(flight);
    this.#pace.succeeded();
    this.#land();
  }

  /** The server keeps it for the invigilator, who may admit it; what was typed after it goes the same way. */
  #handedInLate(flight) {
    this.ledger.tooLate(flight);
    this.#land();
  }

  /** What flew goes again, in another body and as whole values. */
  #unload(flight, { alone = false } = {}) {
    this.ledger.sendWhole(slotsOf(flight));
    this.#changes.putBack(flight);
    this.#pace.all = true;
    this.#alone ||= alone;
    this.#land();
  }

  #takeBack(flight) {
    this.#unload({ ...flight, flags: {} }); // a flag is no answer: a refused one is let go
    for (const slot of slotsOf(flight)) this.#changes.refuse(slot, flight.after[slot]);
  }

  /** The journal holds something else under this key: the values go under the next. */
  #goOnAfter(seq, flight) {
    this.ledger.skip(Math.max(seq, flight.seq));
    this.ledger.doubt(slotsOf(flight));
    this.#unload(flight);
    this.#pace.failed();
  }

  async #renumber(flight) {
    try {
      this.#goOnAfter(await this.askSeq(), flight);
    } catch {
      this.#pace.failed();
    }
  }
}
