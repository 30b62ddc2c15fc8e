// End to end, against a running `pmx serve`: one open page shows text after text, in the same window, and stays on the last.
//
//   node tests/browser/watch.mjs URL TEXT…
//
// Prints a JSON line when the page is open, one for each text when it is shown, and one at the end.
import { launch, open, sameWindow } from "./browser.mjs";

/** How long the page must stay on the last text: longer than any second look of the client. */
const STAYS_MS = 3_000;
const [url, ...texts] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const browser = await launch();
try {
  const page = await open(browser, url);
  await page.waitForFunction(() => document.documentElement.dataset.pmxDeploy);
  say({ open: url });
  for (const text of texts) {
    await page.waitForFunction((text) => document.body.textContent.includes(text), text);
    say({ shown: text });
  }
  const last = texts.at(-1);
  await page.waitForTimeout(STAYS_MS);
  const stays = await page.evaluate((text) => document.body.textContent.includes(text), last);
  say({ stays, sameWindow: await sameWindow(page) });
} finally {
  await browser.close();
}
