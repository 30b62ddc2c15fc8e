// What questions promise: nothing is sent that nobody asked for, one message, right and wrong once there is an answer, and files to hand in.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { block, page, PlayerSite } from "./player-site.mjs";

const TAKES = '<script src="/_pmx/dev.0123456789abcdef.js" defer data-pmx-answers></script>';
const form = (id, kind, action, content, { graded, solution = "", status } = {}) => block(id, `<form class="pmx-question" method="post" data-pathmx-form data-pathmx-action="questions.${action}" data-pathmx-action-scope="block" data-pathmx-action-target="index.path#${id}" data-pathmx-question="${kind}"${graded ? ' data-pathmx-question-graded=""' : ""}${status ? ` data-pathmx-question-status="${status}"` : ""}><input type="hidden" name="action" value="submit">
<fieldset class="pmx-question-set" disabled><legend class="pmx-question-legend"><h2>Question ${id}?</h2></legend>${content}</fieldset><div class="pmx-question-controls" data-pathmx-question-controls hidden><button type="submit" class="pmx-question-submit">Submit answer</button></div><p class="pmx-question-status" role="status" data-pathmx-question-status-text>${status ? "Answer recorded." : ""}</p>${solution && `<details class="pmx-question-solution" data-pathmx-question-solution data-pathmx-search="ignore"><summary>Answer</summary>${solution}</details>`}</form>`);
const option = (id, type, [value, label, correct, feedback, checked]) => `<li${correct ? ' data-pathmx-question-correct=""' : ""}><label class="pmx-question-choice"><input type="${type}" class="pmx-question-radio" name="question.${id}" value="${value}"${checked ? " checked" : ""}><span class="pmx-question-option">${label}</span></label>${feedback ? `<p class="pmx-question-feedback" hidden>${feedback}</p>` : ""}</li>`;
const options = (id, type, list) => `<ul class="pmx-question-choices" role="list">${list.map((one) => option(id, type, one)).join("")}</ul>`;

const PLACE = form("q", "choice", "submitSingleChoice", options("q", "radio", [["chat", "In <b>chat</b>", false, "Chat is gone tomorrow."], ["source", "In a Source", true, "It can be read again."]]), { graded: true, solution: "<p>Because it stays.</p>" });
const PRIMES = form("m", "choices", "submitMultipleChoice", options("m", "checkbox", [["2", "2", true], ["3", "3", true], ["4", "4", false]]), { graded: true });
const CITY = form("t", "short", "submitText", `<label><span class="pmx-question-label">Your answer</span><input class="pmx-question-text" type="text" name="question.t" maxlength="300" required data-pathmx-question-accept='["Paris",2.5]'></label>`, { graded: true, solution: '<p class="pmx-question-feedback" data-pathmx-question-when="right" hidden>Yes!</p><p class="pmx-question-feedback" data-pathmx-question-when="wrong" hidden>Look again.</p>' });
const PLAN = form("f", "fields", "submitFields", `<p><input class="pmx-response-field" name="question.f.minutes" aria-label="Minutes" required data-pathmx-question-accept="[20]"> and <input class="pmx-response-field" name="question.f.why" aria-label="Why"></p>`, { graded: true });
const OPEN = form("o", "choice", "submitSingleChoice", options("o", "radio", [["a", "A"], ["b", "B"]]));

let browser, site, tab;
before(async () => {
  browser = await launch();
});
after(() => browser.close());
afterEach(async () => {
  await tab?.context().close();
  await site?.close();
});

async function open(body, { head = "", post, options: more = {} } = {}) {
  site = await PlayerSite.start({ "/": page("Quiz", body, { head }), "/_pmx/dev.0123456789abcdef.js": "" }, { post });
  const context = await browser.newContext({ reducedMotion: "reduce", acceptDownloads: true, ...more });
  tab = await context.newPage();
  tab.setDefaultTimeout(15_000);
  tab.complaints = [];
  tab.on("console", (message) => message.type() === "error" && tab.complaints.push(message.text()));
  tab.on("pageerror", (error) => tab.complaints.push(error.message));
  await tab.goto(site.url);
  await tab.waitForSelector(".find");
}
const choose = async (id, ...values) => {
  for (const value of values) await tab.check(`#${id} [value="${value}"]`);
};
const submit = (id) => tab.click(`#${id} [type=submit]`);
const status = (id) => tab.locator(`#${id} [role=status]`);
const says = (id, text) => tab.waitForFunction(([id, text]) => document.querySelector(`#${id} [role=status]`).textContent.includes(text), [id, text]);
const posts = () => site.requests.filter((request) => request.startsWith("POST"));

test("nothing is sent to a server that does not take answers, and nothing in the console complains", async () => {
  await open(OPEN);
  await submit("o");
  assert.equal(await status("o").textContent(), "Choose an answer first");
  await choose("o", "b");
  await submit("o");
  await says("o", "Saved in this browser");
  await tab.reload();
  await says("o", "Saved in this browser");
  assert.equal(await tab.isChecked("#o [value=b]"), true);
  await choose("o", "a");
  assert.equal(await status("o").textContent(), "Changed, not saved yet");
  await submit("o");
  await tab.click("#o >> text=Clear");
  await tab.reload();
  await tab.waitForSelector(".find");
  assert.equal(await tab.isChecked("#o [value=a]"), false);
  assert.deepEqual([posts(), tab.complaints], [[], []]);
});

test("a server that says that it takes answers gets them, and a refusal is told", async () => {
  let sent, answer = [200, JSON.stringify({ ok: true })];
  await open(OPEN, { head: TAKES, post: (path, body) => ((sent = body), answer) });
  await choose("o", "b");
  await submit("o");
  await says("o", "Saved into the Source");
  const fields = new URLSearchParams(sent);
  assert.equal(fields.get("question.o"), "b");
  assert.equal(fields.get("action"), "submit");
  assert.ok(fields.get("_pathmx_invocation"));
  answer = [409, JSON.stringify({ error: { code: "changing", message: "The Source is being written" } })];
  await submit("o");
  await says("o", "Saved in this browser, but not in the Source: The Source is being written");
});

test("a mark in the text of a page does not make it send", async () => {
  await open(OPEN + '<script src="/_pmx/dev.0123456789abcdef.js" data-pmx-answers></script>');
  await choose("o", "b");
  await submit("o");
  await says("o", "Saved in this browser");
  assert.deepEqual(posts(), []);
});

test("right and wrong, feedback and the solution are shown after an answer and not before", async () => {
  await open(PLACE);
  const solution = tab.locator("#q .pmx-question-solution");
  assert.equal(await solution.isVisible(), false);
  assert.equal(await tab.locator("#q .pmx-question-feedback:visible").count(), 0);
  await choose("q", "chat");
  await submit("q");
  await says("q", "Not right. Saved in this browser");
  assert.ok((await status("q").textContent()).endsWith(" Chat is gone tomorrow."), "what is seen beside the option is heard");
  assert.deepEqual(await tab.locator("#q li").evaluateAll((items) => items.map((item) => [item.dataset.pathmxQuestionMark, item.querySelector(".pmx-question-mark").textContent])), [["wrong", "Not right"], ["missed", "Right answer"]]);
  assert.deepEqual(await tab.locator("#q .pmx-question-feedback:visible").allTextContents(), ["Chat is gone tomorrow."]);
  assert.ok(await solution.isVisible() && await tab.isVisible("text=Because it stays."));
  await choose("q", "source");
  assert.equal(await tab.locator("#q .pmx-question-mark").count(), 0, "marks are of the answer that was given");
  await submit("q");
  await says("q", "Right. Saved in this browser");
  await tab.reload();
  await says("q", "Right. Saved in this browser");
  assert.equal(await tab.locator("#q [role=status]").getAttribute("aria-live"), "off", "what was there before is no news");
  assert.deepEqual(await tab.locator("#q .pmx-question-feedback:visible").allTextContents(), ["It can be read again."]);
  await tab.click("#q >> text=Clear");
  assert.equal(await solution.isVisible(), false);
  assert.deepEqual(tab.complaints, []);
});

test("of several right options all are needed, and none that is wrong", async () => {
  await open(PRIMES);
  await choose("m", "2");
  await submit("m");
  await says("m", "Partly right: 1 of 2.");
  await choose("m", "4");
  await submit("m");
  await says("m", "Partly right: 1 of 2, 1 wrong.");
  await choose("m", "3");
  await tab.uncheck('#m [value="4"]');
  await submit("m");
  await says("m", "Right.");
});

test("texts are right whatever their case, numbers however they are written, fields each by itself", async () => {
  await open(CITY + PLAN);
  for (const [answer, right] of [[" paris. ", true], ["PARIS", true], ["Pari", false], ["2,5", true], ["2.50", true], ["+2.5", true], ["25", false], ["25e-1", true]]) {
    await tab.fill("#t input.pmx-question-text", answer);
    await submit("t");
    await says("t", right ? "Right." : "Not right.");
    assert.deepEqual(await tab.locator("#t .pmx-question-feedback:visible").allTextContents(), [right ? "Yes!" : "Look again."], answer);
  }
  await tab.fill("#f [name='question.f.minutes']", "21");
  await tab.fill("#f [name='question.f.why']", "because");
  await submit("f");
  await says("f", "Not right.");
  assert.equal(await tab.locator("#f .pmx-question-mark").count(), 1, "a field without a right answer has no mark");
  const accepts = (...all) => tab.evaluate((all) => all.map((one) => pmx.accepts(...one)), all);
  assert.deepEqual(await accepts(["1,234.5", [1234.5]], ["1.234,5", [1234.5]], ["1 234", [1234]], ["−3", [-3]], ["3.2", [3], 0.25], ["3.3", [3], 0.25], ["", [0]], ["3 apples", [3]], ["true", [true]], ["no.", [false]], ["ﬁve", ["five"]]), [true, true, true, true, true, false, false, false, true, true, true]);
});

test("an optional field that was left empty is neither right nor wrong", async () => {
  const field = (id, name, more) => `<input class="pmx-response-field" name="question.${id}.${name}" aria-label="${name}" ${more}>`;
  const accept = `data-pathmx-question-accept="[1]"`;
  await open(form("g", "fields", "submitFields", `<p>${field("g", "one", `required ${accept}`)} ${field("g", "two", accept)}</p>`, { graded: true }) + form("e", "fields", "submitFields", `<p>${field("e", "only", accept)}</p>`, { graded: true, solution: '<p class="pmx-question-feedback" data-pathmx-question-when="wrong" hidden>Look again.</p><p>Because.</p>' }));
  await tab.fill("[name='question.g.one']", "1");
  await submit("g");
  await says("g", "Right. Saved in this browser");
  assert.equal(await tab.locator("#g .pmx-question-mark").count(), 1);
  await submit("e");
  await says("e", "Saved in this browser");
  assert.equal(await status("e").textContent(), "Saved in this browser", "nothing was answered");
  assert.deepEqual([await tab.isVisible("text=Look again."), await tab.isVisible("text=Because.")], [false, true]);
  const results = () => tab.evaluate(() => pmx.myAnswers().flatMap(({ answers, right }) => [...answers.map(({ right }) => right ?? null), right ?? null]));
  assert.deepEqual(await results(), [true, null, true, null, null]);
  const rows = table(await tab.evaluate(() => pmx.answersCsv(pmx.myAnswers(), {}))).slice(1);
  assert.deepEqual(rows.map((row) => [row[5], row[6], row[7], row[10]]), [["one", "1", "right", "right"], ["two", "", "", ""], ["only", "", "", ""]]);
  await tab.fill("[name='question.g.two']", "2");
  await submit("g");
  await says("g", "Partly right: 1 of 2.");
  assert.deepEqual(tab.complaints, []);
});

test("there is one message, also when a new version of the page brings one of its own", async () => {
  await open(form("q", "choice", "submitSingleChoice", options("q", "radio", [["a", "A", true, "", true], ["b", "B", false, "Hm."]]), { graded: true, status: "submitted" }));
  await says("q", "Right. Answer recorded.");
  await choose("q", "b");
  await submit("q");
  await says("q", "Not right. Saved in this browser");
  await tab.evaluate(() => {
    document.querySelector("#q [role=status]").prepend("Answer recorded.");
    document.dispatchEvent(new CustomEvent("pmx:updated"));
  });
  assert.equal(await status("q").textContent(), "Not right. Saved in this browser Hm.");
  assert.equal(await tab.locator("#q .pmx-question-heard").textContent(), " Hm.", "it is heard here and seen beside the option");
  assert.equal(await status("q").count(), 1);
});

test("without a script the solution can be opened, and nothing else is promised", async () => {
  await open(PLACE + OPEN, { options: {} }).catch(() => {});
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  await plain.goto(site.url);
  const solution = plain.locator("#q .pmx-question-solution");
  assert.ok(await solution.isVisible());
  await plain.click("#q summary");
  assert.ok(await plain.isVisible("text=Because it stays."));
  assert.equal(await plain.isVisible("#q [type=submit]"), false);
  await context.close();
});

test("digits choose in Play, and options can be reached and chosen by keys", async () => {
  await open(PRIMES);
  await tab.click("text=Start Play");
  await tab.keyboard.press("2");
  await tab.keyboard.press("3");
  assert.deepEqual(await tab.locator("#m input:checked").evaluateAll((all) => all.map(({ value }) => value)), ["3", "4"]);
});

/** A strict reader of CSV. */
function table(text) {
  assert.ok(text.startsWith("\ufeff") && text.endsWith("\r\n"));
  const rows = [[]];
  for (const [, quoted, end] of text.slice(1).matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    rows.at(-1).push(quoted.replaceAll('""', '"'));
    if (end !== ",") rows.push([]);
  }
  return rows.slice(0, -1);
}
const download = async (button) => {
  const [file] = await Promise.all([tab.waitForEvent("download"), tab.click(button)]);
  return { name: file.suggestedFilename(), text: await readFile(await file.path(), "utf8") };
};

test("my answers are a file for a teacher, as CSV and as JSON", async () => {
  await open(PLACE + PRIMES + PLAN);
  assert.equal(await tab.locator(".tool[aria-label^='My answers']").count(), 0, "there are none yet");
  await choose("q", "chat");
  await submit("q");
  await choose("q", "source");
  await submit("q");
  await choose("m", "2", "3");
  await submit("m");
  await tab.fill("#f [name='question.f.minutes']", "20");
  await tab.fill("#f [name='question.f.why']", '=HYPERLINK("http://evil.example", "so")');
  await submit("f");
  await tab.click(".tool[aria-label='My answers (3)']");
  await tab.fill("dialog.answers input", "Ann Ö.");
  const { name, text } = await download("text=Save as CSV");
  assert.match(name, /^answers-Ann-Ö-\d{4}-\d\d-\d\d\.csv$/);
  const [head, ...rows] = table(text);
  assert.deepEqual(head, ["name", "site", "page", "address", "question", "field", "answer", "result", "attempts", "first answer", "first result", "time (UTC)"]);
  assert.deepEqual(rows.map((row) => row.slice(0, 11)), [
    ["Ann Ö.", "The site", "Quiz", `${site.url}/`, "Question q?", "", "In a Source", "right", "2", "In chat", "not right"],
    ["Ann Ö.", "The site", "Quiz", `${site.url}/`, "Question m?", "", "2; 3", "right", "1", "2; 3", "right"],
    ["Ann Ö.", "The site", "Quiz", `${site.url}/`, "Question f?", "Minutes", "20", "right", "1", "20", "right"],
    ["Ann Ö.", "The site", "Quiz", `${site.url}/`, "Question f?", "Why", '\'=HYPERLINK("http://evil.example", "so")', "", "1", '\'=HYPERLINK("http://evil.example", "so")', ""],
  ]);
  assert.ok(rows.every((row) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(row[11])));
  const json = JSON.parse((await download("text=Save as JSON")).text);
  assert.deepEqual([json.version, json.name, json.answers.length], [1, "Ann Ö.", 3]);
  assert.deepEqual(json.answers[1].answers, [{ answer: ["2", "3"], right: true }]);
  assert.equal(json.answers[0].first.right, false);
  assert.deepEqual(tab.complaints, []);
});

test("no cell of the CSV is a formula to a program for tables", async () => {
  await open(OPEN);
  const cells = await tab.evaluate(() => {
    const given = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1", "|x", "%x", "\u200b=1", "-5", "+3,5", "-1,234.5", "-2e-3", "-12 %", "-", "-3-4", ["2", "=1+1"], ["=1", "2"], "a=b", "a\0b", "'x", "", "zz;=1+1;", "a\t @b; -c;d"];
    const answers = given.map((answer) => ({ page: "=page", question: "@q", first: { answers: [{ answer }] }, address: "", attempts: 1, at: "", answers: [{ answer }] }));
    return pmx.answersCsv(answers, { name: "=cmd|' /C calc'!A0", site: "-site" });
  });
  const rows = table(cells).slice(1);
  assert.deepEqual(rows.map((row) => row[6]), ["'=1+1", "'+1+1", "'-1+1", "'@SUM(A1)", "'\t=1", "'\n=1", "' =1", "'＝1", "'|x", "'%x", "'\u200b=1", "-5", "+3,5", "-1,234.5", "-2e-3", "-12 %", "'-", "'-3-4", "2; =1+1", "'=1; 2", "a=b", "ab", "'x", "", "zz;=1+1;", "a\t @b; -c;d"]);
  assert.deepEqual(rows.map((row) => row[9]), rows.map((row) => row[6]));
  assert.deepEqual(rows[0].slice(0, 5), ["'=cmd|' /C calc'!A0", "'-site", "'=page", "", "'@q"]);
});
