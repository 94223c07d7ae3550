/**
 * The editors of questions and exams. Everything works without it, by the same buttons.
 * @module
 */

import { guard } from "./guard.js";
import { check, preview } from "./live.js";
import { pictures } from "./pictures.js";
import { toolbars } from "./richtext.js";
import { rows } from "./rows.js";

const form = document.querySelector("form[data-editor]");
if (form instanceof HTMLFormElement) {
  rows(form);
  pictures(form);
  guard(form);
  preview(form);
  check(form);
  if (form.dataset.preview) {
    toolbars(form);
    form.addEventListener("rows:changed", () => toolbars(form));
  }
}
