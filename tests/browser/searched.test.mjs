// Search and questions on a site that pmx built and serves: what the builder writes and what the browser looks for are one.
import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { Dev } from "./dev.mjs";

const QUIZ = `# Quiz

---

<!--
type: question
id: capital
actions:
  submit: questions.submitSingleChoice
question:
  explanation: It lies on the Seine.
-->

## Which city?

- Lyon <!-- feedback: On the Rhône. -->
- The city of *Paris* <!-- correct: true -->
`;

let browser, folder;
before(async () => {
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), "pmx-built-"));
  const write = (name, text) => writeFileSync(join(folder, "site/paths", name), text);
  mkdirSync(join(folder, "site/paths"), { recursive: true });
  const names = Array.from({ length: 40 }, (_, n) => `page-${n}`);
  write("index.path.md", `# Home\n\n${names.map((name) => `- [${name}](./${name}.md)`).join("\n")}\n- [quiz](./quiz.md)\n\n[@cards]: ./cards.components.md\n\n<zeppelin-card>Inside</zeppelin-card>\n`);
  for (const name of names) write(`${name}.md`, `# ${name}\n\nWords of ${name} and others.\n`);
  write("page-7.md", "# Page seven\n\nOver **the sea** flies a _Zeppelin_ &amp; `more` at $\\pi r^2$, [far](./page-8.md).\n\n```js\nconst zeppelin = 1;\n```\n");
  write("cards.components.md", '# Zeppelin cards\n\nBoxes.\n\n---\n\n<!-- componentName: zeppelin-card -->\n\n```html\n<article class="zeppelin"><yield /></article>\n```\n');
  write("quiz.md", QUIZ);
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(dev, path) {
  const context = await browser.newContext({ reducedMotion: "reduce" });
  const tab = await context.newPage();
  tab.setDefaultTimeout(20_000);
  tab.complaints = [];
  tab.on("console", (message) => message.type() === "error" && tab.complaints.push(message.text()));
  tab.on("request", (request) => request.method() === "POST" && tab.complaints.push(`POST ${request.url()}`));
  await tab.goto(new URL(path, dev.url).href);
  await tab.waitForSelector(".find");
  return tab;
}
const says = (tab, text) => tab.waitForFunction((text) => document.querySelector("[role=status]").textContent.includes(text), text);

test("a built site is searched: slips, order and excerpts", async () => {
  const dev = await Dev.start(join(folder, "site"), join(folder, "state"));
  try {
    const tab = await open(dev, "/quiz");
    const found = (query) => tab.evaluate(async (query) => {
      await pmx.loadIndex();
      return (await pmx.findPages(query)).filter(({ heading }) => !heading).map(({ key }) => key);
    }, query);
    // In the text, at its beginning as well as at its end; the index has several shards.
    for (const query of ["zeppelin", "zeppelim", "xeppelin", "eppelin", "ezppelin", "azeppelin"]) assert.deepEqual(await found(query), ["page-7", "cards.components"], query);
    assert.equal((await found("page seven"))[0], "page-7");
    const { text } = await tab.evaluate(async () => pmx.excerpt((await pmx.findPages("zeppelin"))[0]));
    assert.match(text, /^Over the sea flies a Zeppelin & more at π\s?r2, far\.$/);
    assert.deepEqual(await found("seine"), [], "the solution of a question is not found");
    await tab.check("[value=lyon]");
    await tab.click("text=Submit answer");
    await says(tab, "Not right. Saved in this browser");
    assert.deepEqual(tab.complaints, []);
  } finally {
    await dev.stop();
  }
});

test("with the flag the label is written into the Source, and there is one message", async () => {
  const dev = await Dev.start(join(folder, "site"), join(folder, "state"), { more: ["--write-responses"] });
  try {
    const tab = await open(dev, "/quiz");
    await tab.check("[value=the-city-of-paris]");
    await tab.click("text=Submit answer");
    await says(tab, "Right. Saved into the Source");
    assert.match(readFileSync(join(folder, "site/paths/quiz.md"), "utf8"), /response:\n {2}choice: "The city of Paris"\n/);
    await tab.waitForSelector("form[data-pathmx-question-status=submitted]");
    assert.deepEqual(await tab.locator("form [role=status]").allTextContents(), ["Right. Saved into the Source"]);
    assert.equal(await tab.locator("[role=status][data-pathmx-beat], details[data-pathmx-beat]").count(), 0);
    assert.ok(await tab.isVisible("text=It lies on the Seine."));
  } finally {
    await dev.stop();
  }
});
