/** Logging in again without leaving the page. */

import { word } from "./words.js";

/** Send the log-in form as a browser would: fetch the page for its hidden fields, fill it in, post it. */
async function post(url, username, password) {
  const page = await fetch(url, { headers: { Accept: "text/html" }, redirect: "manual", cache: "no-store" });
  if (page.type === "opaqueredirect") return null; // logged in already: the page has nothing to ask
  const html = new DOMParser().parseFromString(await page.text(), "text/html");
  const form = html.querySelector("input[type=password]")?.closest("form");
  if (!form) throw new Error("no form");
  const fields = new URLSearchParams();
  for (const input of form.querySelectorAll("input[type=hidden][name]")) fields.set(input.name, input.value);
  fields.set("username", username);
  fields.set("password", password);
  const action = new URL(form.getAttribute("action") || url, new URL(url, location.href));
  const answer = await fetch(action, { method: "POST", body: fields, redirect: "manual", headers: { Accept: "text/html" } });
  if (answer.type === "opaqueredirect") return null;
  const said = new DOMParser().parseFromString(await answer.text(), "text/html");
  const reason = said.querySelector("[role=alert], .error-summary, .invalid-feedback")?.textContent.trim();
  return (reason ?? "").replace(/\s+/g, " ").slice(0, 300) || word("login_wrong");
}

export class Login {
  #dialog = document.getElementById("login-dialog");
  #problem = this.#dialog.querySelector(".login-problem");

  /** @param {{url: string, done: () => Promise<boolean>}} how done: whether the page may now go on (as the same person) */
  constructor({ url, done }) {
    this.url = url;
    this.done = done;
    const form = this.#dialog.querySelector("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#try(form);
    });
    this.#dialog.querySelector("[data-act=later]").addEventListener("click", () => this.#dialog.close());
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
    if (button.disabled) return;
    button.disabled = true;
    this.#problem.textContent = "";
    try {
      const wrong = await post(this.url, form.elements.username.value.trim(), form.elements.password.value);
      if (wrong) this.#problem.textContent = wrong;
      else if (await this.done()) {
        form.reset();
        this.close();
      } else this.#problem.textContent = word("login_other");
    } catch {
      this.#problem.textContent = word("login_unreachable");
    } finally {
      button.disabled = false;
    }
  }
}
