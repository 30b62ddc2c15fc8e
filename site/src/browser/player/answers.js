// "My answers": what this browser keeps of this site, and files of it to hand to a teacher.
((pmx) => {
"use strict";
const { h, icon } = pmx;

const result = (right) => (right === undefined || right === null ? "" : right ? "right" : "not right");
const text = (answer) => (Array.isArray(answer) ? answer.join("; ") : answer ?? "");

/** One for each answer: `{page, address, id, question, answers: [{field, answer, right}], right, attempts, first, at}`. */
pmx.myAnswers = () => pmx.keptAnswers().map(({ target, page, href, question, answers, values, right, attempts, first, at }) => ({
  page: page ?? "",
  address: new URL(href ?? location.pathname, location.origin).href,
  id: target,
  question: question ?? "",
  // Answers of earlier versions are kept without their words.
  answers: answers ?? Object.entries(values).map(([name, list]) => ({ field: name, answer: list })),
  right,
  attempts: attempts ?? 1,
  first: first ?? undefined,
  at: at ?? "",
}));

/** The answers as JSON, exactly as they were given. */
pmx.answersJson = (answers, about) => `${JSON.stringify({ version: 1, ...about, answers }, null, 2)}\n`;

const COLUMNS = ["name", "site", "page", "address", "question", "field", "answer", "result", "attempts", "first answer", "first result", "time (UTC)"];
// Programs for tables calculate a cell that begins with one of these, so such a cell gets an apostrophe at its start, which they take for
// "this is text". A plain number begins with a sign and is none.
const FORMULA = /^[\s\u200b-\u200f\ufeff]*[=+\-@|%＝＋－＠\t\r\n]/u;
const NUMBER = /^[+-]?(\d+([.,]\d+)*|[.,]\d+)(e[+-]?\d+)? ?%?$/i;
function cell(value) {
  const written = String(value ?? "").replaceAll("\0", "").replace(/\r\n?/g, "\n");
  const safe = FORMULA.test(written) && !NUMBER.test(written.trim()) ? `'${written}` : written;
  return `"${safe.replaceAll('"', '""')}"`;
}
/**
 * The answers as CSV (RFC 4180): commas, every cell in quotes, lines that end with CRLF, one line for each field of each question. It
 * begins with a byte order mark, since Excel takes a file without one for another encoding than UTF-8; what else reads CSV knows it.
 */
pmx.answersCsv = (answers, { name, site }) => {
  const of = (one, all, right) => [text(one?.answer), result(one?.right ?? (all?.length === 1 ? right : undefined))];
  const rows = answers.flatMap(({ page, address, question, answers: given, right, attempts, first, at }) => given.map((one, n) => {
    // What was submitted once was submitted first.
    const before = first ?? (attempts === 1 ? { answers: given, right } : undefined);
    return [name, site, page, address, question, one.field, ...of(one, given, right), attempts, ...of(before?.answers?.[n], before?.answers, before?.right), at];
  }));
  return `\ufeff${[COLUMNS, ...rows].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`;
};

let dialog, toggle, list, name;
const about = () => ({ name: name.value.trim(), site: document.querySelector(".pmx-site-title")?.textContent.trim() || location.host, exported: new Date().toISOString() });

function save(kind, type, content) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const who = about().name.normalize("NFC").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  const link = pmx.chrome.appendChild(h("a", { href: address, download: `${["answers", who, new Date().toISOString().slice(0, 10)].filter(Boolean).join("-")}.${kind}`, hidden: true }));
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  pmx.say(`Saved as ${kind.toUpperCase()}`);
}

function make() {
  name = h("input", { type: "text", autocomplete: "name", maxlength: "120", value: pmx.local.get("name") ?? "", onchange: () => pmx.local.set("name", name.value.trim() || null) });
  list = h("ol.answered");
  dialog = pmx.chrome.appendChild(h("dialog.answers", { "aria-labelledby": "answers-title", onclick: (event) => event.target === dialog && dialog.close() },
    h("div.head", {}, h("h2", { id: "answers-title" }, "My answers"), h("button.quiet", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    h("p.hint", {}, "Kept in this browser and sent to nobody. Save a file to hand it in."),
    list,
    h("div.hand", {},
      h("label", {}, h("span", {}, "Your name, if it is to be in the file"), name),
      h("div.row", {},
        h("button.primary.plain", { type: "button", onclick: () => save("csv", "text/csv;charset=utf-8", pmx.answersCsv(pmx.myAnswers(), about())) }, "Save as CSV"),
        h("button.soft", { type: "button", onclick: () => save("json", "application/json", pmx.answersJson(pmx.myAnswers(), about())) }, "Save as JSON")))));
}

/** Opens the list of answers. */
pmx.openAnswers = () => {
  if (!dialog) make();
  pmx.closePopover?.();
  if (pmx.modal()) return;
  list.replaceChildren(...pmx.myAnswers().map(({ page, question, id, answers, right }) => h("li", {},
    h("span.trail", { dir: "auto" }, page),
    h("span.title", { dir: "auto" }, question || id),
    answers.map(({ field, answer }) => h("span.given", {}, field && `${field}: `, text(answer) || "–")),
    result(right) && h(`span.result.${right ? "right" : "wrong"}`, {}, right ? "Right" : "Not right"))));
  dialog.showModal();
};

function offer() {
  const count = pmx.keptAnswers().length;
  if (!toggle && count) {
    toggle = h("button.tool", { type: "button", "aria-haspopup": "dialog", onclick: pmx.openAnswers }, icon("answers"));
    pmx.tools.querySelector(".find").after(toggle);
  }
  if (!toggle) return;
  toggle.hidden = !count;
  toggle.setAttribute("aria-label", `My answers (${count})`);
  toggle.title = "My answers: list and export";
}
pmx.hear("updated", offer);
pmx.hear("answered", offer);
})((window.pmx ??= {}));
