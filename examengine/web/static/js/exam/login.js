/** Logged out in the middle of the exam: logging in again without leaving the page. */

import { ask } from "./api.js";
import { hide, show } from "./bars.js";
import { duration, word } from "./words.js";

const ASK_AGAIN = 60_000;

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/**
 * Log in, and give the page's forms the new session's token.
 * @param {string} url where to
 * @param {Record<string, string>} fields what was entered
 * @param {string} tokenUrl where the token for it comes from
 * @returns {Promise<number>} the person's id
 */
async function enter(url, fields, tokenUrl) {
  const { data: before } = await ask(tokenUrl);
  const body = new URLSearchParams({ ...fields, csrf_token: before.csrf_token });
  let { data } = await ask(url, { method: "POST", body });
  while (data.ticket) {
    // Somebody guesses at this account: the outcome is told a little later.
    await pause(data.retry_after);
    ({ data } = await ask(data.ticket));
  }
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = data.csrf_token;
  return data.person;
}

export class Login {
  #dialog = document.getElementById("login-dialog");
  #forms = [...this.#dialog.querySelectorAll("form")]; // by password, by one-time code
  #counting = 0;
  #triedSession = -Infinity;
  #asked = false; // once put off, only the bar's button opens the dialog

  /**
   * @param {{urls: {login: string, code: string}, person: number, status: import("./status.js").Status, lost: () => void}} of
   *   lost: the pen is elsewhere
   */
  constructor(of) {
    Object.assign(this, of);
    const [byPassword, byCode] = this.#forms;
    for (const form of this.#forms) {
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#try(form, form === byCode ? this.urls.code : this.urls.login);
      });
      form.querySelector("[data-act=later]").addEventListener("click", () => this.close());
    }
    byPassword.querySelector("[data-act=use-code]").addEventListener("click", () => this.#turn(byCode));
    byCode.querySelector("[data-act=use-password]").addEventListener("click", () => this.#turn(byPassword));
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
    for (const form of this.#forms) tell(form, "");
    this.#dialog.showModal();
  }

  close() {
    if (this.#dialog.open) this.#dialog.close();
  }

  /** Show the other form, with the name that was entered. */
  #turn(form) {
    const other = this.#forms.find((each) => each !== form);
    form.elements.username.value ||= other.elements.username.value;
    other.hidden = true;
    form.hidden = false;
    this.#dialog.setAttribute("aria-labelledby", form.querySelector("h2").id);
    const empty = [...form.elements].find((field) => field.required && !field.value);
    (empty ?? form.elements.username).focus();
  }

  async #try(form, url) {
    const button = form.querySelector("[type=submit]");
    if (button.disabled) return;
    button.disabled = true;
    tell(form, "");
    const fields = Object.fromEntries(new FormData(form));
    fields.username = fields.username.trim();
    let wait = 0;
    try {
      if ((await enter(url, fields, this.urls.login)) !== this.person) tell(form, word("login_other"));
      else if (!(await this.status.bySession()).token) this.lost();
    } catch (problem) {
      const wrong = problem.code === "signed-out" && url === this.urls.login;
      tell(form, (problem.status && (wrong ? word("login_wrong") : problem.data?.detail)) || word("login_unreachable"));
      wait = problem.code === "wait" ? Number(problem.data.retry_after) || 0 : 0;
    } finally {
      for (const field of form.querySelectorAll("input[type=password]")) field.value = "";
      button.disabled = false;
      this.#countDown(wait);
    }
  }

  /** How long to wait still. (It is said aloud once, by the problem itself; whoever is let in earlier may try earlier.) */
  #countDown(seconds) {
    clearInterval(this.#counting);
    const end = performance.now() + seconds * 1000;
    const show = () => {
      const left = end - performance.now();
      const text = left > 0 ? word("login_wait", { time: duration(left) }) : "";
      for (const form of this.#forms) form.querySelector(".login-left").textContent = text;
      if (left <= 0) clearInterval(this.#counting);
    };
    this.#counting = setInterval(show, 500);
    show();
  }
}

function tell(form, text) {
  form.querySelector(".login-problem").textContent = text;
}
