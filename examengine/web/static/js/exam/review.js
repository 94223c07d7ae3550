/** Checking and submitting: the list of what is open, the last saves, the digest, its repair. */

import { postSubmit } from "./api.js";
import { compare } from "./differ.js";
import { differences, pairs, sha256 } from "./digest.js";
import { freeze, thaw } from "./freeze.js";
import { word } from "./words.js";

const REPAIRS = 2;
const AT_ONCE = 3_000;
const ENDS = ["closed", "too-late", "taken-over", "not-found", "malformed", "unknown-slot"];

/** Some seconds, or until the network is back. */
function aWhile(ms) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    addEventListener("online", done);
  });
}

export class Review {
  #dialog = document.getElementById("submit-dialog");
  #posted = false;
  #round = 0; // raised when the person goes back: what still waits then comes to nothing
  busy = false;

  /** @param {{answers: any, grid: any, counts: any, queue: any, urls: any, course: import("./course.js").Course}} of */
  constructor(of) {
    Object.assign(this, of);
    for (const button of document.querySelectorAll("[data-submit-exam]")) button.addEventListener("click", () => this.open());
    this.#act("back").addEventListener("click", () => this.#goBack());
    this.#act("submit").addEventListener("click", () => this.#confirm("sending"));
    this.#dialog.addEventListener("cancel", (event) => {
      if (!this.busy) return;
      event.preventDefault();
      this.#goBack();
    });
  }

  #act(name) {
    return this.#dialog.querySelector(`[data-act=${name}]`);
  }

  #say(name, values) {
    this.#dialog.querySelector("[data-text=progress]").textContent = name ? word(name, values) : "";
  }

  #phase(phase) {
    for (const part of this.#dialog.querySelectorAll("[data-phase]")) part.hidden = part.dataset.phase !== phase;
    this.#act("submit").hidden = phase !== "check";
    this.#act("back").hidden = phase === "time" || this.#posted;
    this.#act("back").disabled = this.#posted;
  }

  open() {
    const sheet = document.getElementById("sheet");
    if (sheet.matches?.(":popover-open")) sheet.hidePopover();
    if (this.#dialog.open || this.queue.stopped) return;
    const { slots } = this.answers;
    const lists = {
      blank: slots.filter((slot) => this.grid.state(slot) === "open"),
      partial: slots.filter((slot) => this.grid.state(slot) === "partial"),
      flagged: slots.filter((slot) => this.grid.flagged(slot)),
      over: this.counts.over,
      refused: this.queue.refused,
    };
    for (const [name, listed] of Object.entries(lists)) {
      const part = this.#dialog.querySelector(`[data-review=${name}]`);
      part.hidden = !listed.length;
      part.querySelector("ol").replaceChildren(
        ...listed.map((slot) => {
          const entry = document.createElement("li");
          entry.append(this.grid.copy(slot));
          return entry;
        }),
      );
    }
    const answered = this.#dialog.querySelector("[data-text=answered]");
    answered.textContent = word("answered_of", { n: this.grid.answered, total: slots.length });
    this.#say("");
    this.#phase("check");
    this.#dialog.showModal();
    this.queue.flush().catch(() => {}); // what is open goes now, while she reads
  }

  /** Go back to the questions, as long as no submit can have reached the server. */
  #goBack() {
    if (this.busy && (this.#posted || this.#phaseIs("time"))) return;
    this.#round++;
    this.busy = false;
    this.#dialog.close();
    thaw("submitting");
  }

  #phaseIs(phase) {
    return !this.#dialog.querySelector(`h2 [data-phase=${phase}]`).hidden;
  }

  timeUp() {
    if (!this.#dialog.open) {
      document.querySelectorAll("dialog[open]").forEach((open) => open.id !== "login-dialog" && open.close());
      this.#dialog.showModal();
    }
    if (this.busy) return this.#phase("time");
    return this.#confirm("time");
  }

  async #confirm(phase) {
    if (this.busy) return;
    const round = ++this.#round;
    this.busy = true;
    this.#posted = false;
    freeze("submitting");
    this.#phase(phase);
    try {
      const data = await this.#handIn(round);
      if (round !== this.#round) return;
      this.busy = false;
      if (data) this.course.submitted(data);
    } catch (problem) {
      if (round !== this.#round) return;
      this.busy = false;
      this.close();
      this.course.ended(problem);
    }
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** Until the server has it all; null when the person goes back. Throws the Problem that ends it. */
  async #handIn(round) {
    let repairs = 0;
    let accepted = null; // the server's digest, when the person submits what the server has
    const began = performance.now();
    for (let tries = 0; ; ) {
      this.#say("sending_answers");
      await this.queue.flush();
      if (round !== this.#round) return null;
      const delayed = this.#phaseIs("time") && performance.now() - began > AT_ONCE;
      if (delayed && (await this.course.moreTime())) return this.#giveUp();
      const mine = pairs(this.queue.ledger.values);
      const digest = accepted ?? (await sha256(JSON.stringify(mine)));
      this.#posted = true;
      this.#phase(this.#phaseIs("time") ? "time" : "sending");
      this.#say("submitting");
      try {
        return (await postSubmit(this.urls.submit, this.queue.token, this.queue.ledger.acknowledged, digest)).data;
      } catch (problem) {
        if (ENDS.includes(problem.code)) throw problem;
        if (problem.code === "digest-mismatch") {
          const rows = differences(mine, problem.data.slots ?? []);
          const here = rows.map(({ slot }) => slot).filter((slot) => this.answers.items.has(slot));
          if (!rows.length) accepted = problem.data.digest; // the same answers, written differently
          else if (repairs++ < REPAIRS) this.queue.resend(here);
          else if ((await compare("submit", rows, this.answers)) === "server") accepted = problem.data.digest;
          else return this.#giveUp();
        } else if (problem.code === "signed-out" || problem.code === "paused") {
          this.queue.hold(problem.code);
          this.course.held(problem);
        } else {
          this.#say("submit_waiting");
          await aWhile(Math.min(30, 2 ** tries++) * 1000 * (0.75 + Math.random() / 2));
        }
      }
    }
  }

  #giveUp() {
    this.#posted = false;
    this.#dialog.close();
    thaw("submitting");
    return null;
  }
}
