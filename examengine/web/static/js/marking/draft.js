/**
 * What is entered for one answer, kept in this tab until it is saved: a lost log-in or a reload loses nothing.
 * One draft at a time, of one person and task; opening another answer lets it go.
 * @module
 */
const KEY = "marking.draft";

/** @returns {any} */
function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {HTMLFormElement} form
 * @returns {{keep: () => void, restore: () => boolean}}
 */
export function drafts(form) {
  const owner = `${form.dataset.person}.${form.dataset.task}`;
  const fresh = "fresh" in form.dataset;
  const radios = [...form.querySelectorAll("fieldset.criterion input")];
  const comment = form.elements.namedItem("comment");

  return {
    keep() {
      const levels = Object.fromEntries(radios.filter((radio) => radio.checked).map((radio) => [radio.name, radio.value]));
      try {
        sessionStorage.setItem(KEY, JSON.stringify({ owner, levels, comment: comment.value }));
      } catch {
        // A full or forbidden store only costs the safety net.
      }
    },
    /** Puts the draft of this answer back into an untouched form; true when there was one. */
    restore() {
      const draft = read();
      if (draft?.owner !== owner || !fresh) {
        // A page that the server filled (a refusal, a mark given) is newer than any draft.
        sessionStorage.removeItem(KEY);
        return false;
      }
      for (const radio of radios) radio.checked = draft.levels[radio.name] === radio.value;
      comment.value = draft.comment;
      return true;
    },
  };
}
