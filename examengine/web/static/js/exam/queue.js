/**
 * What is typed and not yet acknowledged. One save is in flight at a time and is repeated, the same key and the very same
 * body, until its answer is known; everything unacknowledged is also kept in this browser.
 */

import { Changes } from "./changes.js";
import { now } from "./clock.js";
import { BODY_MOST } from "./entries.js";
import { OUTLIVING_MOST, fly, mayOutlive, send } from "./flight.js";

const KEEP_WAIT = 250; // how far the copy in the browser may be behind the typing
const BACK_OFF_MOST = 30;
const FULL_WAIT = 60_000;
const REST = 400;

export class Queue {
  /** The last acknowledged value of each slot; `mine` when it was acknowledged to this page (only then a splice may follow). */
  base = new Map();
  stopped = null;
  kept = true; // whether the browser took the copy
  late = new Set(); // slots that came too late
  #changes;
  #flight = null;
  #held = new Set();
  #waiting = [];
  #all = false; // no cadence: everything goes now
  #alone = false; // one entry a save, to find the one that is refused
  #hurry = false;
  #busy = false;
  #tries = 0;
  #notBefore = 0;
  #timer = 0;
  #keeper = 0;

  /**
   * @param {{epoch: number, seq: number, token: string, url: string, answers: import("./answers.js").Answers,
   *   store: import("./store.js").Store, askSeq: () => Promise<number>, tell: (what: string, about?: any) => void}} of
   */
  constructor({ epoch, seq, token, url, answers, store, askSeq, tell }) {
    Object.assign(this, { epoch, seq, token, url, answers, store, askSeq, tell });
    this.acknowledged = seq; // the last of ours in the journal; `seq` is the last that is spent
    this.#changes = new Changes(answers);
    for (const slot of answers.slots) this.base.set(slot, { value: answers.rendered(slot), mine: false });
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
    for (const slot of slots) {
      this.base.set(slot, { value: undefined, mine: false });
      this.#changes.again(slot);
    }
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
    const flying = Object.keys(this.#flight?.after ?? {}).map(Number);
    return [...new Set([...flying, ...this.#changes.slots])].sort((a, b) => a - b);
  }

  get settled() {
    return !this.#flight && !this.#busy && this.#due === Infinity;
  }

  /** Slots that the server refused as they are. */
  get refused() {
    return this.#changes.refused;
  }

  /** What is believed to be saved. */
  get believed() {
    return new Map([...this.base].map(([slot, { value }]) => [slot, value]));
  }

  get #due() {
    return this.#changes.dueAt({ all: this.#all, hurry: this.#hurry });
  }

  /* ---- going on and stopping ---- */

  /** Everything now; resolves when all is acknowledged, rejects with the Problem that ends it. */
  flush() {
    if (this.stopped) return Promise.reject(this.stopped);
    this.#all = true;
    this.retry();
    if (this.settled && !this.#held.size) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** No more waiting: the network is back, or somebody asks. */
  retry() {
    this.#notBefore = 0;
    this.#run();
  }

  /** The last seconds: leave little that could come too late. */
  hurry(on) {
    if (this.#hurry === on) return;
    this.#hurry = on;
    this.#run();
  }

  hold(why) {
    this.#held.add(why);
  }

  release(why) {
    if (this.#held.delete(why)) this.retry();
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
    this.#all = true;
    this.#notBefore = 0;
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
    if (!flight?.body || flight.seq < this.seq) return false;
    this.#flight = { ...flight, alive: false };
    this.keep();
    this.#run();
    return true;
  }

  /* ---- the loop ---- */

  #run({ shown = false, most = BODY_MOST } = {}) {
    clearTimeout(this.#timer);
    if (this.#busy || this.stopped || this.#held.size) return;
    const due = this.#flight ? this.#notBefore : Math.max(this.#notBefore, this.#due);
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
    this.#all = this.#alone = false;
    this.keep();
    this.tell("settled");
    this.#waiting.splice(0).forEach(({ resolve }) => resolve());
  }

  #build(how) {
    const refused = this.refused.length;
    const taken = this.#changes.take({ base: this.base, alone: this.#alone, ...how });
    if (this.refused.length > refused) this.tell("refused");
    return taken && { seq: this.seq + 1, ...taken };
  }

  async #fly(flight) {
    // A first try may outlive the page; later ones may not, should a browser or proxy not like that kind.
    flight.alive = this.#tries === 0 && mayOutlive(flight);
    const { fate, answer, problem } = await fly(flight, this, flight.alive);
    const what = {
      saved: () => this.#saved(flight),
      again: () => this.#wait(),
      full: () => this.#wait(FULL_WAIT),
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
  #land(flight) {
    this.seq = Math.max(this.seq, flight.seq);
    this.#flight = null;
    this.keep();
  }

  #saved(flight) {
    for (const [slot, value] of Object.entries(flight.after)) this.base.set(Number(slot), { value, mine: true });
    this.#tries = 0;
    this.acknowledged = Math.max(this.acknowledged, flight.seq);
    this.#land(flight);
  }

  /** The server keeps it for the invigilator, who may admit it; what was typed after it goes the same way. */
  #handedInLate(flight) {
    for (const slot of Object.keys(flight.after)) this.late.add(Number(slot));
    this.#land(flight);
  }

  /** What flew goes again, in another body and as whole values. */
  #unload(flight, { alone = false } = {}) {
    this.#flight = null;
    for (const slot of Object.keys(flight.after).map(Number)) {
      this.base.set(slot, { value: this.base.get(slot)?.value, mine: false });
    }
    this.#changes.putBack(flight);
    this.#all = true;
    this.#alone ||= alone;
    this.keep();
  }

  #takeBack(flight) {
    this.#unload({ ...flight, flags: {} }); // a flag is no answer: a refused one is let go
    for (const [slot, value] of Object.entries(flight.after)) this.#changes.refuse(Number(slot), value);
  }

  /** The journal holds something else under this key: nothing is believed of these slots, their values go under the next. */
  #goOnAfter(seq, flight) {
    this.seq = this.acknowledged = Math.max(this.seq, seq);
    for (const slot of Object.keys(flight.after).map(Number)) this.base.set(slot, { value: undefined, mine: false });
    this.#unload(flight);
    this.#wait();
  }

  async #renumber(flight) {
    try {
      this.#goOnAfter(Math.max(flight.seq, await this.askSeq()), flight);
    } catch {
      this.#wait();
    }
  }

  #wait(ms = Math.min(BACK_OFF_MOST, 2 ** this.#tries) * 1000 * (0.75 + Math.random() / 2)) {
    this.#tries = Math.min(this.#tries + 1, 10);
    this.#notBefore = performance.now() + ms;
  }
}
