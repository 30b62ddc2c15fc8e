// What axe-core finds on the pages of the handbook and the examples: nothing serious, however they are looked at.
import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { Dev } from "./dev.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const EXAMPLES = new URL("../../examples/", import.meta.url);
const SIZES = [{ width: 1280, height: 900 }, { width: 390, height: 844 }];

let browser, folder;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "pmx-axe-"));
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** The parts of the bar in Play: there are as many as Blocks, and the list of headings leads where they do. */
const SMALL = 'class="segment"';
/** The serious and critical findings, each as a line. */
const findings = (page) =>
  page.evaluate(async (small) => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.filter(({ html }) => id !== "target-size" || !html.includes(small)).map(({ target, html, any }) => `${id}: ${target.flat().join(" ")} ${html.slice(0, 120)} ${any[0]?.message ?? ""}`));
  }, SMALL);

for (const example of ["handbook", "showcase", "starter"]) {
  test(`no page of ${example} has a serious finding, read or played, light or dark, wide or narrow`, { timeout: 1_200_000 }, async (context) => {
    const copy = join(folder, example);
    await cp(fileURLToPath(new URL(`${example}/`, EXAMPLES)), copy, { recursive: true });
    const dev = await Dev.start(copy, join(folder, `${example}-state`));
    const found = [];
    let looks = 0;
    try {
      const { sources } = await (await fetch(`${dev.url}/graph-index.json`)).json();
      for (const viewport of SIZES) {
        const options = { viewport, reducedMotion: "reduce", bypassCSP: true };
        const tab = await (await browser.newContext(options)).newPage();
        await tab.addInitScript(AXE);
        const look = async (where) => {
          for (const scheme of ["light", "dark"]) {
            await tab.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
            await tab.evaluate(() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen))));
            looks += 1;
            found.push(...(await findings(tab)).map((line) => `${where}, ${scheme}, ${viewport.width}: ${line}`));
          }
        };
        for (const { route } of sources) {
          await tab.goto(dev.url + route);
          await tab.waitForSelector(".find");
          await look(route);
          const stops = await tab.evaluate(() => (pmx.play.enter(), pmx.play.stops.length));
          await tab.evaluate((at) => pmx.play.go(pmx.play.stops[at]), Math.floor(stops / 2));
          await look(`${route} in Play`);
        }
        await tab.goto(dev.url);
        await tab.waitForSelector(".find");
        await tab.keyboard.press("ControlOrMeta+k");
        await tab.keyboard.type("page");
        await tab.waitForFunction(() => pmx.chrome.querySelector("[role=option]"));
        await look("search");
        await tab.keyboard.press("Escape");
        await tab.evaluate(() => pmx.explore());
        await tab.waitForFunction(() => pmx.chrome.querySelector("dialog[open] svg, dialog[open] canvas"));
        await look("Explore");
        await tab.context().close();
      }
    } finally {
      await dev.stop();
    }
    context.diagnostic(`${looks} looks`);
    assert.deepEqual(found, []);
  });
}
