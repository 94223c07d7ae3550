/**
 * Long lists to choose from are searched while typing; a button prints the page. Both work without: lists scroll, browsers print.
 * @module
 */

/** @param {HTMLElement} chooser a fieldset of check boxes */
function choose(chooser) {
  const find = chooser.querySelector("input[type=search]");
  const count = chooser.querySelector("[data-chooser-count]");
  const rows = [...chooser.querySelectorAll(".form-check")].map((row) => ({
    row,
    box: row.querySelector("input"),
    words: row.textContent.trim().toLowerCase(),
  }));
  const show = () => {
    const wanted = find.value.trim().toLowerCase();
    let shown = 0;
    for (const { row, words } of rows) {
      row.hidden = !words.includes(wanted);
      shown += Number(!row.hidden);
    }
    const chosen = rows.filter(({ box }) => box.checked).length;
    count.textContent = count.dataset.text.replace("{shown}", String(shown)).replace("{chosen}", String(chosen));
  };
  find.parentElement.hidden = false;
  find.addEventListener("input", (event) => !event.isComposing && show());
  find.addEventListener("compositionend", show);
  find.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault(); // it searches already; the form is sent by its button
  });
  chooser.addEventListener("change", show);
  addEventListener("pageshow", show);
  show();
}

document.querySelectorAll("[data-chooser]").forEach(choose);

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
