/**
 * The invigilator's room: the parts marked data-live are fetched anew every ten seconds, and a person's panel opens in a
 * dialog. Focus, scrolling and what is open stay. Without this the page is a plain one with links.
 * @module
 */
const EVERY = 10_000;

/**
 * @param {string} url
 * @returns {Promise<Document | null>} null when a log-in page came instead
 */
async function page(url) {
  const answer = await fetch(url, { headers: { Accept: "text/html" }, cache: "no-store", credentials: "same-origin" });
  if (!answer.ok) throw new Error(String(answer.status));
  if (answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Something that finds an element again after its neighbours were exchanged. */
function mark(element) {
  if (element?.id) return `#${CSS.escape(element.id)}`;
  const href = element?.getAttribute?.("href");
  return href ? `a[href="${CSS.escape(href)}"]` : null;
}

/** @param {Document} fresh */
function swap(fresh) {
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (!other || other.innerHTML === part.innerHTML) continue;
    const focused = part.contains(document.activeElement) ? mark(document.activeElement) : null;
    part.replaceChildren(...[...other.childNodes].map((node) => document.importNode(node, true)));
    if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
  }
}

/** Somebody is copying from the table: leave it alone for now. */
function selecting() {
  const selection = getSelection();
  if (!selection || selection.isCollapsed) return false;
  return [...document.querySelectorAll("[data-live]")].some((part) => part.contains(selection.anchorNode));
}

function refreshing() {
  const stale = document.querySelector("[data-stale]");
  const button = document.querySelector("[data-refreshing]");
  const say = (text) => {
    if (stale.textContent !== text) stale.textContent = text;
  };
  const stop = button.textContent;
  let busy = false;
  let on = true;
  const refresh = async () => {
    if (busy || document.hidden || selecting() || !on) return;
    busy = true;
    try {
      const fresh = await page(location.href);
      if (fresh) swap(fresh);
      say(fresh ? "" : stale.dataset.out);
    } catch {
      say(stale.dataset.text);
    } finally {
      busy = false;
    }
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    on = !on;
    button.textContent = on ? stop : button.dataset.start;
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, EVERY);
}

function panels() {
  const dialog = document.getElementById("panel-dialog");
  const body = dialog.querySelector("[data-panel-body]");
  const title = dialog.querySelector("#panel-title");
  document.addEventListener("click", async (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-panel]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const from = mark(link);
    try {
      const content = (await page(link.href))?.querySelector("[data-panel-content]");
      if (!content) throw new Error("no panel");
      title.textContent = content.dataset.title;
      body.replaceChildren(document.importNode(content, true));
      dialog.dataset.from = from ?? "";
      dialog.showModal();
    } catch {
      location.assign(link.href);
    }
  });
  // The row that opened it may have been exchanged meanwhile: the focus goes to the one in its place.
  dialog.addEventListener("close", () => {
    body.replaceChildren();
    const from = dialog.dataset.from;
    if (from) document.querySelector(from)?.focus({ preventScroll: true });
  });
}

if (document.querySelector("[data-live]")) {
  refreshing();
  panels();
}
