/** Pictures that did not come are asked for again: after a while, and as soon as the network is back. */

const PAUSES = [2_000, 5_000, 15_000, 30_000, 60_000];

/** @param {HTMLElement} paper */
export function askAgain(paper) {
  /** @type {WeakMap<HTMLImageElement, number>} */
  const tried = new WeakMap();
  const missing = () => [...paper.querySelectorAll("img")].filter((image) => image.complete && !image.naturalWidth);
  const load = (image) => image.setAttribute("src", image.getAttribute("src"));
  const later = (image) => {
    const count = tried.get(image) ?? 0;
    tried.set(image, count + 1);
    if (count < PAUSES.length) setTimeout(() => load(image), PAUSES[count]);
  };
  // An error of a picture does not bubble: it is caught on its way down.
  paper.addEventListener("error", ({ target }) => target instanceof HTMLImageElement && later(target), true);
  addEventListener("online", () => missing().forEach(load));
  missing().forEach(later);
}
