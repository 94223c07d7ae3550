/**
 * Sends a form as its buttons would, without leaving the page, and reads the page that comes back.
 * @module
 */

/**
 * @param {HTMLFormElement} form
 * @param {string} name the pressed button's name
 * @param {string} value and value
 * @param {{url?: string, signal?: AbortSignal}} [how]
 * @returns {Promise<Document | null>} null when the server could not be reached or refused
 */
export async function exchange(form, name, value, how = {}) {
  const data = new URLSearchParams();
  for (const [field, entered] of new FormData(form)) if (typeof entered === "string") data.append(field, entered);
  if (name) data.append(name, value);
  try {
    const answer = await fetch(how.url ?? location.href, {
      method: "POST", body: data, signal: how.signal, headers: { Accept: "text/html" }, redirect: "error",
    });
    return answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  } catch {
    return null;
  }
}

/**
 * Puts the other page's element of the same id in this one's place.
 * @param {Document} page
 * @param {Element} element
 * @returns {Element}
 */
export function renewed(page, element) {
  const other = page.getElementById(element.id);
  if (!other) return element;
  const made = document.importNode(other, true);
  element.replaceWith(made);
  return made;
}

/**
 * The line beside the form's buttons that is read out.
 * @param {HTMLFormElement} form
 * @param {string} text
 */
export function say(form, text) {
  const line = form.querySelector("[data-said]");
  if (line) line.textContent = text;
}
