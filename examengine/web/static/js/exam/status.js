/** Asking the server how the attempt stands: once a minute, often while paused, and on coming back. */

import { getStatus } from "./api.js";

const CALM = 60_000;
const PAUSED = 5_000;

export class Status {
  #timer = 0;
  #asking = null;
  often = false;

  /** @param {{url: string, token: () => string|null, heard: (answer: any) => void, failed: (problem: any) => void}} of */
  constructor({ url, token, heard, failed }) {
    Object.assign(this, { url, token, heard, failed });
    addEventListener("online", () => this.check());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.check());
  }

  /** Ask now; the one asking that is under way serves everybody. */
  check() {
    clearTimeout(this.#timer);
    this.#asking ??= this.#ask(this.token())
      .catch(this.failed)
      .finally(() => {
        this.#asking = null;
        this.later();
      });
    return this.#asking;
  }

  later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.check(), this.often ? PAUSED : CALM);
  }

  /** By the session instead of the token, which may bring a new token. Rejects with the Problem. */
  bySession() {
    return this.#ask(null);
  }

  async #ask(token) {
    const answer = await getStatus(this.url, token);
    this.heard(answer);
    return answer.data;
  }
}
