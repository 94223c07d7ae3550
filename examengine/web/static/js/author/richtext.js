/**
 * Buttons above rich text fields: bold, italic, list. They write simple HTML around what is selected.
 * @module
 */

const TAG = /<\/?[A-Za-z][^<>]*>/;
// Private-use characters mark the selection while the text around it changes.
const [START, END] = ["\uE000", "\uE001"];

/**
 * Plain text as the HTML that the server would make of it, so that tags can be put into it.
 * @param {string} text
 * @returns {string}
 */
export function paragraphs(text) {
  if (TAG.test(text)) return text;
  const escaped = text.replace(/&(?!(?:[a-zA-Z]+|#\d+|#x[0-9a-fA-F]+);)/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return escaped.split(/\n[^\S\n]*\n\s*/).map((part) => `<p>${part.trim().replace(/\n/g, "<br>")}</p>`).join("\n");
}

/**
 * @param {string} text the field's text
 * @param {number} from start of the selection
 * @param {number} to end of it
 * @param {"strong" | "em" | "ul"} tag
 * @returns {{text: string, from: number, to: number}}
 */
export function wrapped(text, from, to, tag) {
  const marked = paragraphs(text.slice(0, from) + START + text.slice(from, to) + END + text.slice(to));
  const [before, rest] = marked.split(START);
  const [chosen, after] = rest.split(END);
  if (tag !== "ul") {
    const inner = chosen.replace(/<\/p>\s*<p>/g, `</${tag}>$&<${tag}>`);
    return { text: `${before}<${tag}>${inner}</${tag}>${after}`, from: before.length + tag.length + 2, to: before.length + tag.length + 2 + inner.length };
  }
  const lines = chosen.split(/<br>|<\/p>\s*<p>|\n/).map((line) => line.trim()).filter(Boolean);
  const list = `<ul>\n${(lines.length ? lines : [""]).map((line) => `<li>${line}</li>`).join("\n")}\n</ul>`;
  // A list stands between paragraphs, not in one.
  const open = before.lastIndexOf("<p>") > before.lastIndexOf("</p>");
  const head = (open ? before.replace(/(<br>|\s)*$/, "</p>\n") : before).replace(/<p><\/p>\n$/, "");
  const tail = open ? `\n<p>${after.replace(/^(<br>|\s)*/, "")}` : after;
  const end = head.length + list.length - "</li>\n</ul>".length;
  return { text: head + list + tail.replace(/^\n<p>\s*<\/p>/, ""), from: end, to: end };
}

/**
 * @param {HTMLFormElement} form
 * @param {ParentNode} within
 */
export function toolbars(form, within = form) {
  const tools = [["strong", form.dataset.bold, "B"], ["em", form.dataset.italic, "I"], ["ul", form.dataset.list, "•"]];
  for (const area of within.querySelectorAll("textarea[data-rich]:not([data-tools])")) {
    if (!(area instanceof HTMLTextAreaElement)) continue;
    area.dataset.tools = "true";
    const bar = document.createElement("div");
    bar.className = "rich-tools";
    for (const [tag, label, sign] of tools) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-outline-secondary btn-sm";
      button.title = label ?? "";
      button.setAttribute("aria-label", label ?? "");
      const mark = document.createElement(tag === "ul" ? "span" : /** @type {string} */ (tag));
      mark.textContent = sign ?? "";
      button.append(mark);
      button.addEventListener("click", () => write(area, /** @type {"strong"} */ (tag)));
      bar.append(button);
    }
    area.before(bar);
  }
  const write = (area, tag) => {
    const made = wrapped(area.value, area.selectionStart, area.selectionEnd, tag);
    area.focus();
    area.select();
    // insertText keeps the browser's undo; where it is not known the value is set.
    if (!document.execCommand("insertText", false, made.text)) area.value = made.text;
    area.setSelectionRange(made.from, made.to);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
}
