/** One tab of a browser writes: the one that holds the Web Lock of the attempt. */

const RELOAD_WAIT = 1_500; // a page that is just being left lets go of its lock within this

/**
 * Take the pen in this browser. A page of a newer epoch was taken over knowingly, so it may take the lock from an older one.
 * @param {number} attempt
 * @param {{newer: boolean, lost: () => void}} how lost: another tab took it from this one
 * @returns {Promise<boolean>} false when another tab holds it
 */
export function takePen(attempt, { newer, lost }) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    let taken = false;
    const how = newer ? { steal: true } : { signal: AbortSignal.timeout(RELOAD_WAIT) };
    const hold = () => {
      taken = true;
      resolve(true);
      return new Promise(() => {}); // until the page ends
    };
    navigator.locks.request(`attempt-${attempt}`, how, hold).catch(() => (taken ? lost() : resolve(false)));
  });
}
