/** Shortcuts, all with Alt, so that none takes a key from what is being written; none while an input method composes. */

/** @param {{step: (by: number) => void, flag: () => void, say: () => void}} acts */
export function listen(acts) {
  const byCode = {
    ArrowUp: () => acts.step(-1),
    ArrowDown: () => acts.step(1),
    KeyM: acts.flag,
    KeyT: acts.say,
  };
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    // AltGr writes characters; with it some systems report Alt alone.
    if (event.getModifierState?.("AltGraph")) return;
    const act = byCode[event.code];
    if (!act || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act();
  });
}
