// Opens a page and notes when which `edited…` word was first in its text; says so when asked on stdin.
import { createInterface } from "node:readline";
import { launch } from "../../tests/browser/browser.mjs";

const browser = await launch();
const page = await browser.newPage();
await page.goto(process.argv[2]);
await page.evaluate(() => {
  window.seen = {};
  const look = () => {
    const now = performance.timeOrigin + performance.now();
    for (const [word] of document.body.textContent.matchAll(/\bedited\d+\b/g)) window.seen[word] ??= now;
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
});
console.log("ready");
for await (const _ of createInterface({ input: process.stdin })) console.log(JSON.stringify(await page.evaluate(() => window.seen)));
await browser.close();
