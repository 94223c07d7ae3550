/** The page's own clock in whole milliseconds: monotonic, and carried on over a reload. */

let shift = 0;

export function now() {
  return Math.max(0, Math.round(performance.now() + shift));
}

/**
 * Go on from the clock of the page that stood here before, so that entries it made keep their age.
 * No monotonic clock outlives a page, so the time between the two is taken from the device's clock; it may only add age,
 * and what a wrong one could gain is bounded by the server.
 * @param {{clock: number, wall: number}} record
 */
export function carryOn({ clock, wall }) {
  const gone = Math.max(0, Date.now() - wall);
  if (Number.isFinite(clock + gone)) shift = Math.max(shift, clock + gone - performance.now());
}
