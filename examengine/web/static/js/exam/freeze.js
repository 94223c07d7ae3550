/** Input stops for a reason, and goes on when none is left. Everything stays readable and in place. */

const reasons = new Set();
let focused = null;

/** Put every control into the state it should have; browsers may bring back another from before a reload. */
export function apply() {
  const frozen = reasons.size > 0;
  const paper = document.querySelector(".exam-paper");
  if (frozen) document.body.dataset.frozen = [...reasons].join(" ");
  else delete document.body.dataset.frozen;
  for (const field of paper.querySelectorAll("textarea, input[data-blank]")) field.readOnly = frozen;
  const controls = "input[type=radio], input[type=checkbox], .flag, [data-act=clear]";
  for (const control of paper.querySelectorAll(controls)) control.disabled = frozen;
  for (const button of document.querySelectorAll("[data-submit-exam]")) button.disabled = frozen;
  if (!frozen && focused?.isConnected && document.activeElement === document.body) focused.focus({ preventScroll: true });
}

export function freeze(reason) {
  if (!reasons.size) focused = document.activeElement;
  // An input method's open text is settled by leaving the field.
  if (focused?.matches?.("textarea, input[data-blank]") && !reasons.size) focused.blur();
  reasons.add(reason);
  apply();
}

export function thaw(reason) {
  if (reasons.delete(reason)) apply();
}

export const isFrozen = () => reasons.size > 0;
