// A headless Chromium with a profile of its own, and what tests ask a page.
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--no-first-run",
];

/** The Chromium that runs the tests; its profile is a fresh temporary folder that goes with it. */
export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });

/** How long a test waits for what must happen. */
export const DEADLINE = 20_000;

/** A page that has been marked, so that a reload is seen: the mark goes with the window. `heard` counts the frames that came. */
export async function open(browser, url, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  await page.addInitScript(() => {
    window.heard = 0;
    window.WebSocket = class extends WebSocket {
      constructor(...args) {
        super(...args);
        this.addEventListener("message", () => (window.heard += 1));
      }
    };
  });
  await page.goto(url);
  await page.evaluate(() => {
    window.mark = true;
    window.updates = [];
    document.addEventListener("pmx:updated", (event) => window.updates.push(event.detail));
  });
  return page;
}

/** Waits until the page shows this deploy. */
export const shows = (page, deploy) => page.waitForFunction((id) => document.documentElement.dataset.pmxDeploy === id, deploy);

/** Waits until the selector's text is this. */
export const reads = (page, selector, text) => page.waitForFunction(([s, t]) => document.querySelector(s)?.textContent === t, [selector, text]);

/** Whether the window is still the one that was opened. */
export const sameWindow = (page) => page.evaluate(() => window.mark === true);

/** Waits for a condition in this process, looking again each time the loop comes round. */
export async function until(condition, what) {
  const end = Date.now() + DEADLINE;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((next) => setTimeout(next, 10));
  }
}

/** Waits until what is read of a page is this. */
export async function eventually(read, expected) {
  const end = Date.now() + DEADLINE;
  let last = await read();
  while (!isDeepStrictEqual(last, expected) && Date.now() < end) {
    await new Promise((next) => setTimeout(next, 20));
    last = await read();
  }
  assert.deepEqual(last, expected);
}
