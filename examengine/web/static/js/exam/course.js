/** How the attempt goes: what the queue and the server report, and what the page then shows and allows. */

import { Problem } from "./api.js";
import { hide, show } from "./bars.js";
import { freeze, thaw } from "./freeze.js";
import { showLine } from "./line.js";
import { announce, list, word } from "./words.js";

const CLOSED = ["submitted", "expired", "void"];

export class Course {
  /** Set by the page once they exist; only a page that holds the pen has a queue and a review. */
  queue = null;
  review = null;
  timer;
  status;
  login;
  readonly = false;
  gone = false; // this page is being left on purpose
  #trouble = ""; // "offline" | "failing"
  #wasCutOff = false;
  #savedAt;

  constructor({ block, answers, store }) {
    Object.assign(this, { block, answers, store });
    this.#savedAt = block.saved_at;
  }

  #numbers(slots) {
    return list(slots.map((slot) => this.answers.numberOf(slot)));
  }

  #unsent() {
    return this.queue?.open.length ? word("unsent", { numbers: this.#numbers(this.queue.open) }) : "";
  }

  line() {
    const { queue, readonly } = this;
    showLine({ queue, readonly, trouble: this.#trouble, savedAt: this.#savedAt, zone: this.block.zone_offset_min });
  }

  /* ---- reports ---- */

  /** From the queue. */
  told(what, about) {
    const { queue } = this;
    if (what === "saved") this.#saved(about);
    else if (["again", "differs", "reused"].includes(what)) this.inTrouble(about);
    else if (what === "full") show("too-many");
    else if (what === "held") this.held(about);
    else if (what === "stopped") this.ended(about);
    else if (what === "late") this.#tooLate();
    if (!queue || this.readonly) return this.line();
    if (queue.refused.length) show("too-large", word("too_large", { numbers: this.#numbers(queue.refused) }));
    else hide("too-large");
    if (!queue.kept && queue.open.length) show("unkept");
    else hide("unkept");
    this.line();
  }

  #saved({ data, sent, got }) {
    this.#savedAt = data.saved_at;
    this.timer.sync(data.remaining_ms, sent, got);
    this.#reached();
    hide("too-many");
  }

  /** From the server, about the attempt. */
  heard({ data, sent, got }) {
    const { queue } = this;
    // Saves that fail for another reason than the network are still to be told of.
    if (!(this.#trouble === "failing" && queue && !queue.settled)) this.#reached();
    if (CLOSED.includes(data.state)) return this.closed(data.state);
    if (queue && data.epoch !== this.block.epoch) return this.ended(new Problem(423, "taken-over"));
    if (data.saved_at && data.epoch === this.block.epoch) this.#savedAt = data.saved_at;
    if (data.state === "paused") this.pause(data.remaining_ms);
    else {
      this.timer.sync(data.remaining_ms, sent, got);
      this.#goOn();
    }
    if (queue && data.token) {
      queue.token = data.token;
      this.login.over(queue);
    }
    if (queue && this.#wasCutOff) queue.retry();
    this.#wasCutOff = false;
    this.line();
  }

  /** No good answer from the server about the attempt. */
  failed(problem) {
    if (problem.code === "signed-out") this.held(problem);
    else if (problem.code === "not-found") this.ended(problem);
    else this.inTrouble(problem);
  }

  inTrouble(problem) {
    if (this.readonly) return;
    this.#trouble = problem.unreachable || !navigator.onLine ? "offline" : "failing";
    this.#wasCutOff ||= this.#trouble === "offline";
    show(this.#trouble);
    hide(this.#trouble === "offline" ? "failing" : "offline");
    this.line();
  }

  #reached() {
    this.#trouble = "";
    hide("offline", "failing");
  }

  /* ---- pauses and log-ins: they pass ---- */

  held(problem) {
    if (problem.code === "signed-out") return void this.login.needed(this.queue);
    this.pause(NaN);
    this.status.check();
  }

  pause(remaining) {
    if (!this.status.often) announce(word("paused_said"));
    this.status.often = true;
    this.timer.pause(remaining);
    this.queue?.hold("paused");
    freeze("paused");
    if (!this.readonly) show("paused");
  }

  #goOn() {
    if (!this.status.often) return;
    this.status.often = false;
    hide("paused");
    thaw("paused");
    announce(word("resumed_said"));
    this.queue?.release("paused");
  }

  /* ---- ends ---- */

  readOnly(name, text) {
    this.readonly = true;
    this.#trouble = "";
    freeze(name);
    this.login.close();
    if (!this.review?.busy) this.review?.close();
    show(name, text);
    this.line();
  }

  ended(problem) {
    this.queue?.stop(problem);
    if (problem.code === "taken-over") this.readOnly("taken-over", this.#unsent());
    else if (problem.code === "closed" || problem.code === "too-late") this.closed();
    else this.readOnly("stopped", this.#unsent());
  }

  closed(state = "") {
    const { queue } = this;
    if (this.gone || this.review?.busy) return; // a submit that is under way hears it for itself, with its receipt
    if (state === "expired" && queue && !queue.stopped && !queue.settled) {
      // Too late to count, but the server keeps what comes: all of it is handed in before the page lets go.
      freeze("late");
      queue.flush().then(() => this.closed(), () => {});
      return;
    }
    queue?.stop(new Problem(409, "closed"));
    this.readOnly("closed", this.#unsent());
    // The end has come in the ordinary way and the server has everything.
    const complete = queue && !queue.open.length && !queue.ledger.late.size;
    if (complete && this.timer.left === 0) this.#leaveFor(this.block.urls.receipt);
  }

  #tooLate() {
    freeze("late");
    show("too-late", word("late", { numbers: this.#numbers([...this.queue.ledger.late]) }));
    this.status.check();
  }

  timeUp() {
    announce(word("time_up"));
    if (!this.queue || this.queue.stopped) return void this.status.check();
    freeze("time");
    this.review.timeUp();
  }

  /** For a submit at the end of time that could not be made at once: was more time given? */
  async moreTime() {
    await this.status.check();
    if (this.timer.left === 0 || this.queue.stopped) return false;
    thaw("time");
    return true;
  }

  submitted(data) {
    this.queue.stop(new Problem(409, "closed"));
    if (!this.queue.ledger.late.size) return this.#leaveFor(data.location || this.block.urls.receipt);
    this.gone = true;
    this.store.erase();
    this.review.close();
    this.readOnly("closed", "");
  }

  #leaveFor(url) {
    this.gone = true;
    this.store.erase();
    location.assign(url);
  }
}
