/** What this browser keeps of unsent answers, and how it is forgotten when somebody else logs in. */

export const PREFIX = "examengine:queue:";

/** The names of the records that `wanted` accepts; a browser without storage has none. */
export function recordNames(wanted) {
  try {
    return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX) && wanted(name));
  } catch {
    return [];
  }
}

/**
 * Erase the unsent answers of everybody but this person. Nobody logged in erases nothing.
 * @param {string|number|undefined|null} personId
 */
export function forgetOthers(personId) {
  if (personId === undefined || personId === null || personId === "") return;
  const own = `${PREFIX}${personId}:`;
  for (const name of recordNames((record) => !record.startsWith(own))) localStorage.removeItem(name);
}
