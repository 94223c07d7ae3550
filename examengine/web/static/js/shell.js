/**
 * What every page shares: menus, confirmation, filters that send themselves, row selection, tabs, live times.
 * Pages work without it; nothing here fires while somebody types or composes.
 * @module
 */

import { forgetOthers } from "./exam/forget.js";

forgetOthers(document.body.dataset.person); // unsent answers of somebody else have no business in this browser

/** @returns {string} the page's language */
const language = () => document.documentElement.lang || "en";

/**
 * True when a key press belongs to what is being written (or to an open dialog), so no shortcut may take it.
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
export function typing(event) {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return true;
  const target = event.target instanceof Element ? event.target : null;
  if (document.querySelector("dialog[open]")) return true;
  if (!target) return false;
  if (target.closest("textarea, select, [contenteditable=''], [contenteditable='true']")) return true;
  const input = target.closest("input");
  return Boolean(input) && !["radio", "checkbox", "button", "submit", "reset", "range"].includes(input.type);
}

/**
 * A duration in words of the language, in at most two units: "1 hr 30 min", "45 sec".
 * @param {number} ms
 * @param {string} [lang]
 * @returns {string}
 */
export function duration(ms, lang = language()) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const minutes = Math.ceil(seconds / 60);
  /** @type {[number, string][]} */
  let parts;
  if (seconds >= 86400) parts = [[Math.floor(seconds / 86400), "day"], [Math.floor((seconds % 86400) / 3600), "hour"]];
  else if (minutes >= 60) parts = [[Math.floor(minutes / 60), "hour"], [minutes % 60, "minute"]];
  else if (seconds >= 60) parts = [[Math.floor(seconds / 60), "minute"], [seconds < 600 ? seconds % 60 : 0, "second"]];
  else parts = [[seconds, "second"]];
  return parts
    .filter(([count], at) => count > 0 || at === 0)
    .map(([count, unit]) => new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: unit === "day" ? "long" : "short" }).format(count))
    .join(lang.startsWith("zh") ? "" : " ");
}

/** Menus: the disclosure on narrow screens, and <details data-menu> that close by Esc or a click elsewhere. */
function menus() {
  for (const button of document.querySelectorAll("[data-disclose]")) {
    const menu = document.getElementById(button.getAttribute("aria-controls") ?? "");
    const show = (open) => {
      button.setAttribute("aria-expanded", String(open));
      menu?.classList.toggle("is-open", open);
    };
    button.addEventListener("click", () => show(button.getAttribute("aria-expanded") !== "true"));
    menu?.addEventListener("keydown", (event) => {
      if (event.target.closest("details[data-menu][open]")) return;
      if (event.key === "Escape" && !event.isComposing && button.getAttribute("aria-expanded") === "true" && button.offsetParent) {
        show(false);
        button.focus();
      }
    });
  }
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target instanceof Element && event.target.closest("details[data-menu][open]");
    if (event.key !== "Escape" || event.isComposing || !menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
    event.stopPropagation();
  });
}

/** Theme "auto" follows the device while the page is open. */
function theme() {
  const root = document.documentElement;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
    if (root.dataset.themeChoice !== "auto") return;
    root.dataset.theme = root.dataset.bsTheme = event.matches ? "dark" : "light";
  });
}

/** Dialogs opened and closed by buttons. */
function dialogs() {
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-dialog-open], [data-dialog-close]");
    if (!button) return;
    const wanted = button.getAttribute("data-dialog-open");
    if (wanted) document.getElementById(wanted)?.showModal();
    else button.closest("dialog")?.close();
  });
}

/** Forms or submit buttons with data-confirm ask first, naming what is lost. */
function confirmations() {
  const dialog = document.getElementById("confirm-dialog");
  if (!dialog?.showModal) return;
  const title = dialog.querySelector("#confirm-title");
  const yes = dialog.querySelector("[value=yes]");
  /** @type {{form: HTMLFormElement, submitter: HTMLElement | null} | null} */
  let asked = null;
  let answered = false;

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const submitter = event.submitter;
    const source = submitter?.dataset.confirm ? submitter : form.dataset.confirm ? form : null;
    if (!source || answered || event.defaultPrevented) return;
    event.preventDefault();
    asked = { form, submitter };
    title.textContent = source.dataset.confirmTitle || title.dataset.text;
    dialog.querySelector("#confirm-text").textContent = source.dataset.confirm;
    yes.textContent = source.dataset.confirmAction || (source === submitter && submitter.textContent.trim()) || yes.dataset.text;
    const danger = source.dataset.confirmTone === "danger";
    yes.classList.toggle("btn-danger", danger);
    yes.classList.toggle("btn-primary", !danger);
    dialog.returnValue = "";
    dialog.showModal();
  });
  dialog.addEventListener("close", () => {
    const go = asked;
    asked = null;
    if (!go || dialog.returnValue !== "yes") return;
    answered = true;
    go.form.requestSubmit(go.submitter ?? undefined);
    answered = false;
  });
}

/** Filter forms send themselves; empty fields stay out of the address. */
function filters() {
  for (const form of document.querySelectorAll("form[data-autosubmit]")) {
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let waiting;
    const send = () => {
      clearTimeout(waiting);
      form.requestSubmit();
    };
    form.addEventListener("change", (event) => {
      if (!event.target.matches("[type=search], [type=text]")) send();
    });
    form.addEventListener("input", (event) => {
      clearTimeout(waiting);
      if (event.isComposing || !event.target.matches("[type=search], [type=text]")) return;
      remember(event.target);
      waiting = setTimeout(send, 400);
    });
    form.addEventListener("compositionend", (event) => {
      remember(event.target);
      waiting = setTimeout(send, 400);
    });
    form.addEventListener("submit", () => clearTimeout(waiting));
    form.addEventListener("formdata", (event) => {
      for (const [name, value] of [...event.formData.entries()]) {
        if (value === "") event.formData.delete(name);
      }
    });
  }
  refocus();
}

/** The search field that was being typed in keeps the caret over the reload that its own typing caused. */
function remember(input) {
  if (input.id) sessionStorage.setItem("shell.typing", `${location.pathname}#${input.id}`);
}

function refocus() {
  const kept = sessionStorage.getItem("shell.typing");
  sessionStorage.removeItem("shell.typing");
  if (!kept?.startsWith(`${location.pathname}#`)) return;
  const input = document.getElementById(kept.slice(location.pathname.length + 1));
  if (!(input instanceof HTMLInputElement)) return;
  input.focus({ preventScroll: true });
  input.setSelectionRange(input.value.length, input.value.length);
}

/** Row check boxes: select all, the count, and the bulk bar that appears with the first one. */
function selections() {
  for (const form of document.querySelectorAll("form[data-select]")) {
    const all = form.querySelector("[data-select-all]");
    const rows = () => [...form.querySelectorAll("[data-select-row]:not(:disabled)")];
    const show = () => {
      const boxes = rows();
      const chosen = boxes.filter((box) => box.checked).length;
      if (all) {
        all.checked = chosen > 0 && chosen === boxes.length;
        all.indeterminate = chosen > 0 && chosen < boxes.length;
      }
      for (const count of form.querySelectorAll("[data-select-count]")) {
        count.textContent = chosen ? (count.dataset.text ?? "{count}").replace("{count}", String(chosen)) : "";
      }
      for (const bar of form.querySelectorAll(".bulk-bar")) bar.dataset.count = String(chosen);
    };
    form.addEventListener("change", (event) => {
      if (event.target === all) for (const box of rows()) box.checked = all.checked;
      show();
    });
    addEventListener("pageshow", show);
    show();
  }
}

/** Filters fold away where they would push the list off the screen. */
function folds() {
  if (!matchMedia("(max-width: 62em)").matches) return;
  for (const fold of document.querySelectorAll("details[data-fold]")) fold.open = false;
}

/** Tabs by the usual keys: arrows, Home, End. */
function tabs() {
  for (const list of document.querySelectorAll("[data-tabs]")) {
    const all = [...list.querySelectorAll("[role=tab]")];
    const choose = (tab, focus) => {
      for (const each of all) {
        const on = each === tab;
        each.setAttribute("aria-selected", String(on));
        each.tabIndex = on ? 0 : -1;
        const panel = document.getElementById(each.getAttribute("aria-controls") ?? "");
        if (panel) panel.hidden = !on;
      }
      if (focus) tab.focus();
      tab.dispatchEvent(new CustomEvent("tab:chosen", { bubbles: true }));
    };
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (tab) choose(tab, false);
    });
    list.addEventListener("keydown", (event) => {
      if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
      const at = all.indexOf(event.target);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      choose(all[(to + all.length) % all.length], true);
    });
    choose(all.find((tab) => tab.getAttribute("aria-selected") === "true") ?? all[0], false);
  }
}

/** Countdowns by the server's remaining time, not by this machine's clock. */
function countdowns() {
  for (const element of document.querySelectorAll("time[data-countdown]")) {
    const start = performance.now();
    const given = Number(element.dataset.remainingMs);
    const total = element.dataset.remainingMs ? given : Date.parse(element.dateTime) - Date.now();
    if (!Number.isFinite(total)) continue;
    const tick = () => {
      const left = total - (performance.now() - start);
      if (left > 0) {
        element.textContent = duration(left);
        // Under ten minutes every second counts; above, the words change once a minute.
        setTimeout(tick, Math.max(50, Math.min(left, left <= 600_000 ? left % 1000 || 1000 : left % 60_000 || 60_000)));
        return;
      }
      if (element.dataset.done) element.textContent = element.dataset.done;
      element.dispatchEvent(new CustomEvent("countdown:done", { bubbles: true }));
      if ("reload" in element.dataset && total > 0) setTimeout(() => location.reload(), 1000);
    };
    tick();
  }
}

/** "3 minutes ago" in the page's language; the full time moves to the title. */
function relatives() {
  const words = new Intl.RelativeTimeFormat(language(), { numeric: "auto" });
  const show = (element) => {
    const seconds = (Date.parse(element.dateTime) - Date.now()) / 1000;
    if (!Number.isFinite(seconds)) return;
    const size = Math.abs(seconds);
    const [unit, length] = size < 60 ? ["second", 1] : size < 3600 ? ["minute", 60] : size < 86400 ? ["hour", 3600] : ["day", 86400];
    if (unit === "day" && size > 7 * 86400) return;
    element.title ||= element.textContent.trim();
    element.textContent = unit === "second" ? words.format(0, "minute") : words.format(Math.round(seconds / length), unit);
  };
  const all = [...document.querySelectorAll("time[data-relative]")];
  const each = () => all.forEach(show);
  each();
  if (all.length) setInterval(each, 60_000);
}

/** A wide table in a question scrolls in itself; while it does, the keyboard reaches it. */
const overflowing = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

/**
 * Watch the wide parts of rich text below `root`.
 * @param {ParentNode} root
 */
export function watchWide(root) {
  for (const table of root.querySelectorAll(".rich table")) overflowing.observe(table);
}

/** Long work: the bar moves by itself; the page is loaded anew when the work has begun or ended. */
function works() {
  const element = document.querySelector("[data-work]");
  if (!element) return;
  const bar = element.querySelector("progress");
  const detail = element.querySelector(".meter-detail");
  const ask = async () => {
    try {
      const answer = await fetch(element.dataset.work, { headers: { Accept: "application/json" } });
      const { state, done, total } = await answer.json();
      if (!answer.ok || !["waiting", "working"].includes(state) || Boolean(total) !== Boolean(bar)) {
        location.reload();
        return;
      }
      if (bar) {
        bar.value = done;
        detail.textContent = `${done} / ${total}`;
      }
    } catch {
      // the network is away for a moment: ask again
    }
    setTimeout(ask, 1000);
  };
  setTimeout(ask, 700);
}

menus();
theme();
dialogs();
confirmations();
filters();
selections();
folds();
tabs();
countdowns();
relatives();
works();
watchWide(document);
document.querySelector("[data-focus]")?.focus();
