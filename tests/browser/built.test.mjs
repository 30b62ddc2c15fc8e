// What the tests of the Player promise, on pages as pmx builds them.
import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { Dev } from "./dev.mjs";

let browser, folder;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "pmx-built-"));
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

async function tab(url, options) {
  const tab = await (await browser.newContext({ reducedMotion: "reduce", viewport: { width: 1280, height: 800 }, ...options })).newPage();
  tab.setDefaultTimeout(20_000);
  await tab.goto(url);
  await tab.waitForSelector(".find");
  return tab;
}

test("the first sentence of the starter's pages says how many steps the Player counts", { timeout: 300_000 }, async () => {
  const copy = join(folder, "starter");
  await cp(fileURLToPath(new URL("../../examples/starter/", import.meta.url)), copy, { recursive: true });
  const dev = await Dev.start(copy, join(folder, "starter-state"));
  try {
    const said = {};
    const { sources } = await (await fetch(`${dev.url}/graph-index.json`)).json();
    for (const { route } of sources) {
      const page = await tab(`${dev.url}${route}?play`);
      const sentence = await page.textContent(".pmx-document p");
      const counted = (await page.textContent(".bar .count")).match(/of (\d+)$/)[1];
      const [, steps] = sentence.match(/(\d+) steps/) ?? [];
      if (steps) said[route] = true;
      assert.equal(steps ?? counted, counted, `${route}: ${sentence}`);
      // What is counted is what is stepped through.
      let stepped = 1;
      for (; await page.evaluate(() => (pmx.play.forward(), !pmx.play.edge)); stepped++);
      assert.equal(String(stepped), counted, route);
      await page.context().close();
    }
    assert.deepEqual(Object.keys(said).length, 2, JSON.stringify(said));
  } finally {
    await dev.stop();
  }
});

const BLEED = "width: 100vw; max-width: none; margin-inline: calc(50% - 50vw)";
const SITE = {
  "index.path.md": `# Home\n\n[@styles]: ./wide.css\n[@bands]: ./bands.components.md\n\n[Two](./two.md)\n\n<div class="sheet">sheet</div>\n\n<div class="attribute" style="${BLEED}; background: url('./x.svg')">attribute</div>\n\n<style>.element { ${BLEED} }</style>\n\n<div class="element">element</div>\n\n<wide-band />\n\n---\n\n<!--\nid: block\nstyles: { classes: [bleeds] }\n-->\n\n## Block\n\nText of a Block.\n`,
  "two.md": "# Two\n\n[Home](./index.path.md)\n",
  "wide.css": `.sheet { ${BLEED} } .pmx-document > .bleeds { ${BLEED} }\n`,
  "bands.components.md": `<!--\ncomponentName: wide-band\n-->\n\n# Wide band\n\n\`\`\`html\n<p class="component">component</p>\n\`\`\`\n\n\`\`\`css\n:self { ${BLEED} }\n\`\`\`\n`,
  "x.svg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
};

test("full bleed is as wide as the room beside the pages, whole, and as the window in Play", { timeout: 300_000 }, async () => {
  const site = join(folder, "bleed");
  await mkdir(join(site, "paths"), { recursive: true });
  for (const [name, text] of Object.entries(SITE)) await writeFile(join(site, "paths", name), text);
  const dev = await Dev.start(site, join(folder, "bleed-state"));
  try {
    for (const width of [1000, 1280, 1920]) {
      const page = await tab(dev.url, { viewport: { width, height: 800 } });
      const boxes = () => page.evaluate(() => Object.fromEntries([".sheet", ".attribute", ".element", ".component", ".bleeds"].map((name) => {
        const { left, right } = document.querySelector(name).getBoundingClientRect();
        return [name, [Math.round(left), Math.round(right)]];
      })));
      const from = await page.evaluate(() => Math.round(document.querySelector("main").getBoundingClientRect().left));
      assert.ok(from > 200, "the pages stand at the left");
      for (const [name, [left, right]] of Object.entries(await boxes())) {
        assert.ok(left >= from - 1 && right <= width + 1, `${name} at ${width}: ${left} to ${right}, the room is ${from} to ${width}`);
        assert.ok(right - left > Math.min(704, width - from - 80), `${name} at ${width}: ${left} to ${right}`);
      }
      await page.evaluate(() => pmx.play.enter());
      for (const [name, box] of Object.entries(await boxes())) assert.deepEqual(box, [0, width], `${name} in Play at ${width}`);
      await page.context().close();
    }
    const phone = await tab(dev.url, { viewport: { width: 390, height: 844 } });
    assert.deepEqual(await phone.evaluate(() => [document.scrollingElement.scrollWidth, document.querySelector(".sheet").offsetWidth]), [390, 390]);
    await phone.context().close();
  } finally {
    await dev.stop();
  }
});
