// What readers tick off: it stays in their browser, is told in a Path, and works by keyboard and without scripts.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch, reads } from "./browser.mjs";
import { Dev } from "./dev.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOWN = "<x-completion-outline />\n<x-completion-progress />\n";
const FILES = {
  "index.md": `[@layout.default]: ./site.layout.md\n\n# Home\n\n[One](./one.lesson.md), [two](./two.lesson.md).\n\n${SHOWN}`,
  "one.lesson.md": `---\ncompletion:\n  label: I can explain it.\n---\n\n# One\n\n---\n\n<!--\nid: practice\ncompletion: I tried it.\n-->\n\n## Practice\n\n${SHOWN}`,
  "two.lesson.md": "---\ncompletion: true\n---\n\n# Two\n\n<x-completion-outline />\n",
  "site.layout.md": "<header><a href=\"/\">Course</a></header>\n<main><x-source-content /></main>\n",
};

let browser, folder, dev;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "pmx-completion-"));
  await mkdir(join(folder, "paths"));
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, "paths", name), text);
  dev = await Dev.start(folder, join(folder, "state"));
});
after(async () => {
  await dev?.stop();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

async function context(look, options = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  try {
    const go = async (path) => {
      const tab = await context.newPage();
      tab.setDefaultTimeout(20_000);
      await tab.goto(dev.url + path);
      return tab;
    };
    return await look(go);
  } finally {
    await context.close();
  }
}
const SAID = ".pmx-completion-progress [role=status]";

test("what is ticked stays, is known in other tabs, and is told in the Path that leads there", () => context(async (go) => {
  const home = await go("/"), one = await go("/one.lesson");
  await reads(home, SAID, "0 of 2 done");
  await reads(one, SAID, "0 of 2 done");
  await one.getByLabel("I can explain it.").check();
  await reads(one, SAID, "1 of 2 done");
  await one.getByLabel("I tried it.").focus();
  await one.keyboard.press("Space");
  await reads(one, SAID, "2 of 2 done");
  await reads(home, SAID, "1 of 2 done");
  assert.deepEqual(await home.locator(".pmx-completion-state").allTextContents(), ["done", "to do"]);
  await one.reload();
  await reads(one, SAID, "2 of 2 done");
  await one.getByLabel("I tried it.").uncheck();
  await reads(home, SAID, "0 of 2 done");
}));

test("a page that is patched keeps what is ticked", () => context(async (go) => {
  const one = await go("/one.lesson");
  await one.getByLabel("I can explain it.").check();
  await writeFile(join(folder, "paths/one.lesson.md"), FILES["one.lesson.md"].replace("# One", "# Uno").replace("I tried it.", "I tried it twice."));
  await one.getByLabel("I tried it twice.").waitFor();
  await reads(one, ".pmx-document h1", "Uno");
  assert.equal(await one.getByLabel("I can explain it.").isChecked(), true);
  assert.equal(await one.getByLabel("I tried it twice.").isEnabled(), true);
  await reads(one, SAID, "1 of 2 done");
}));

test("without scripts there is a list of what is asked for, and nothing that does nothing", () => context(async (go) => {
  const two = await go("/two.lesson");
  assert.equal((await two.locator(".pmx-completion-outline").innerText()).trim(), "I have completed this");
  assert.equal(await two.locator("input:visible").count(), 0);
  const home = await go("/");
  assert.equal(await home.locator("progress:visible").count(), 0);
}, { javaScriptEnabled: false }));

test("a browser that keeps nothing ticks until the page is left", () => context(async (go) => {
  const one = await go("/");
  await one.context().addInitScript(() => Object.defineProperty(window, "localStorage", { get() { throw new Error("none"); } }));
  await one.goto(`${dev.url}/two.lesson`);
  await one.getByLabel("I have completed this").check();
  assert.equal(await one.getByLabel("I have completed this").isChecked(), true);
}));

test("layout, boxes and progress have names, and a phone shows all of it", () => context(async (go) => {
  for (const path of ["/", "/one.lesson"]) {
    const tab = await go(path);
    await tab.locator(SAID).waitFor();
    const found = await tab.evaluate(`${AXE}; axe.run(document, { resultTypes: ["violations"] })`);
    assert.deepEqual(found.violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).map(({ id, nodes }) => [id, nodes[0].html]), []);
    assert.equal(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, path);
    if (process.env.SHOTS) await tab.screenshot({ path: join(process.env.SHOTS, `completion${path.replace("/", "-")}.png`), fullPage: true });
  }
}, { viewport: { width: 375, height: 740 } }));
