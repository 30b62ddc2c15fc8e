// One finding: where, what, what could be done, and the lines that it is about.

/** A sentence; what stands in backticks is code. */
const sentence = (text) => text.split(/`([^`]+)`/).map((part, n) => (n % 2 ? h("code", {}, part) : part));

/** The lines with their numbers; the place is marked, so that a caret can stand under it whatever the letters' width. */
function excerptOf({ first, lines, line, column }) {
  const rows = lines.map((text, index) => {
    const number = first + index, here = number === line;
    const letters = here && [...text];
    const content = here
      ? [letters.slice(0, column - 1).join(""), h("mark.at", {}, letters[column - 1] ?? " "), letters.slice(column).join("")]
      : [text];
    return h("span.line", { "data-here": here }, h("span.number", { "aria-hidden": "true" }, String(number)), ...content, "\n");
  });
  return h("pre", {}, h("code", {}, rows));
}

function findingOf({ path, line, column, code, message, hint, excerpt, editor }, kind) {
  const where = `${path}:${line}:${column}`;
  const place = editor
    ? h("a.place", { href: editor, title: "Open in the editor" }, where)
    : h("span.place", {}, where);
  return h("li.finding", { "data-kind": kind }, h("p.head", {}, place, " ", h("span.code", {}, code)), h("h3", {}, sentence(message)), hint && h("p.hint", {}, sentence(hint)), excerpt && excerptOf(excerpt));
}

const failureOf = ({ message, hints }) =>
  h("li.finding", { "data-kind": "error" }, h("h3", {}, sentence(message)), ...hints.map((hint) => h("p.hint", {}, sentence(hint))));
