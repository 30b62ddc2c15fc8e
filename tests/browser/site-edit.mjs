// End to end, against a running `pmx dev`: a saved Source reaches the open page, in the same window.
//
//   node tests/browser/site-edit.mjs URL FILE
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { launch, open, sameWindow } from "./browser.mjs";

/** Opens `url`, adds a paragraph to the Source at `file`, waits until the page has it, takes it back, waits until it is gone. */
export async function siteEdit(url, file) {
  const before = await readFile(file, "utf8");
  const words = `An edit that is taken back, ${randomUUID()}.`;
  const browser = await launch();
  try {
    const page = await open(browser, url);
    await page.waitForFunction(() => document.documentElement.dataset.pmxDeploy);
    const first = await page.evaluate(() => document.documentElement.dataset.pmxDeploy);
    const has = (there) => page.waitForFunction(([text, there]) => document.body.textContent.includes(text) === there, [words, there]);
    const since = performance.now();
    try {
      await writeFile(file, `${before.trimEnd()}\n\n${words}\n`);
      await has(true);
      console.log(`saved file to shown text: ${Math.round(performance.now() - since)} ms`);
    } finally {
      await writeFile(file, before);
    }
    await has(false);
    if (!(await sameWindow(page))) throw new Error("the page was reloaded");
    if ((await page.evaluate(() => document.documentElement.dataset.pmxDeploy)) === first) throw new Error("the deploy id did not change");
  } finally {
    await browser.close();
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [url, file] = process.argv.slice(2);
  if (!url || !file) {
    console.error("usage: node site-edit.mjs URL FILE");
    process.exit(2);
  }
  await siteEdit(url, file);
}
