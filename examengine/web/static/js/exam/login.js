/** Logged out in the middle of the exam: logging in again without leaving the page. */

import { ask } from "./api.js";
import { hide, show } from "./bars.js";
import { word } from "./words.js";

const ASK_AGAIN = 60_000;

/**
 * Log in, and give the page's forms the new session's token.
 * @returns {Promise<number>} the person's id
 */
async function enter(url, username, password) {
  const { data: before } = await ask(url);
  const body = new URLSearchParams({ username, password, csrf_token: before.csrf_token });
  const { data } = await ask(url, { method: "POST", body });
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = data.csrf_token;
  return data.person;
}

export class Login {
  #dialog = document.getElementById("login-dialog");
  #problem = this.#dialog.querySelector(".login-problem");
  #triedSession = -Infinity;
  #asked = false; // once put off, only the bar's button opens the dialog

  /**
   * @param {{url: string, person: number, status: import("./status.js").Status, lost: () => void}} of
   *   lost: the pen is elsewhere
   */
  constructor(of) {
    Object.assign(this, of);
    const form = this.#dialog.querySelector("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try(form);
    });
    this.#dialog.querySelector("[data-act=later]").addEventListener("click", () => this.close());
  }

  /** The token is dead. The session may be there all the same (a log-in in another tab); only else the person is asked. */
  async needed(queue) {
    if (!queue || queue.stopped) return;
    queue.hold("signed-out");
    if (performance.now() - this.#triedSession > ASK_AGAIN) {
      this.#triedSession = performance.now();
      try {
        if ((await this.status.bySession()).token) return;
      } catch {
        // The person is asked then.
      }
    }
    if (queue.stopped) return;
    show("signed-out");
    if (!this.#asked) this.open();
    this.#asked = true;
  }

  /** There is a token again. */
  over(queue) {
    this.#asked = false;
    hide("signed-out");
    this.close();
    queue.release("signed-out");
  }

  open() {
    if (this.#dialog.open) return;
    this.#problem.textContent = "";
    this.#dialog.showModal();
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  async #try(form) {
    const button = form.querySelector("[type=submit]");
    const { username, password } = form.elements;
    if (button.disabled) return;
    button.disabled = true;
    this.#problem.textContent = "";
    try {
      if ((await enter(this.url, username.value.trim(), password.value)) !== this.person) {
        this.#problem.textContent = word("login_other");
      } else if (!(await this.status.bySession()).token) this.lost();
    } catch (problem) {
      const told = problem.code === "signed-out" ? word("login_wrong") : problem.data?.detail;
      this.#problem.textContent = (problem.status && told) || word("login_unreachable");
    } finally {
      password.value = "";
      button.disabled = false;
    }
  }
}
