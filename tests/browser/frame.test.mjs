// The frame around the text gives way to it: the bar, the list of headings and what they do at every width.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DEADLINE, launch } from "./browser.mjs";
import { block, page, PlayerSite } from "./player-site.mjs";

const words = (count) => Array.from({ length: count }, (_, n) => `<p>Paragraph ${n} of a text that is long enough to be read on more than one screen, whatever the screen.</p>`).join("");
const form = '<form><label>Name <input id="name"></label> <button id="send" type="button">Send it</button></form>';
const table = `<div class="pmx-table-scroll"><table>${Array.from({ length: 12 }, (_, n) => `<tr><td>Row ${n}</td><td>Cell</td></tr>`).join("")}</table></div>`;
const beat = '<p data-pathmx-beat="x:step-0" data-pathmx-beat-kind="step">Something to play</p>';
const WIDTHS = [320, 390, 768, 1024, 1280, 1600];
const headings = (count, level = 2) => Array.from({ length: count }, (_, n) => `<h${level} id="h${n}">Heading number ${n}</h${level}>${words(6)}`).join("");

const files = {
  "/long": page("Long", block("x", `<h1 id="top">Long</h1>${beat}${words(40)}`)),
  "/form": page("Form", block("x", `<h1 id="top">Form</h1>${beat}${words(20)}${form}`)),
  "/table": page("Table", block("x", `<h1 id="top">Table</h1>${beat}${words(20)}${table}`)),
  "/bare": page("Bare", block("x", `<h1 id="top">Bare</h1>${beat}${words(30)}${form}`), { bare: true, head: "<style>.pmx-site-footer { display: none } * { margin: 0; padding: 0 }</style>" }),
  "/short": page("Short", block("x", `<h1 id="top">Short</h1>${beat}<p>That is all.</p>`)),
  "/middle": page("Middle", block("x", `<h1 id="top">Middle</h1>${beat}${words(4)}<div style="height: 3000px"></div>${Array.from({ length: 60 }, (_, n) => `<p><button type="button">Button ${n}</button> <a href="#top">Link ${n}</a></p>`).join("")}<div style="height: 3000px"></div>`)),
  "/headings": page("Headings", block("x", `<h1 id="top">Headings</h1>${beat}${headings(12)}`)),
  "/ranks": page("Ranks", block("x", `<h1 id="one">Part one</h1>${words(8)}<h3 id="inner">Inner</h3>${words(8)}<h1 id="two">Part two</h1>${words(20)}<h4 id="deep">Too deep</h4>`)),
  "/broad": page("Broad", block("x", `<h1 id="top">Broad</h1>${beat}${headings(12)}`), { head: "<style>:root { --pmx-document-measure: 46rem }</style>" }),
  "/many": page("Many", block("x", `<h1 id="top">Many</h1>${headings(90)}`)),
  "/german": page("Deutsch", block("x", `<h1 id="top">Deutsch</h1><h2 id="a">Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzgebungsverfahren</h2>${words(9)}<h2 id="b">Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft</h2>${words(9)}`)),
  "/full": page("Full", block("x", `<h1 id="top">Full</h1>${headings(6)}`), { head: "<style>.pmx-document > * { max-inline-size: none }</style>" }),
};

let browser, site, tab;
before(async () => {
  browser = await launch();
  site = await PlayerSite.start(files);
});
after(async () => {
  await browser.close();
  await site.close();
});

/** One tab for each kind of reader. */
const tabs = new Map();
async function open(path, width = 1280, options = {}) {
  const phone = width < 768, kind = JSON.stringify([width, options]);
  if (!tabs.has(kind)) {
    const context = await browser.newContext({ reducedMotion: "reduce", viewport: { width, height: phone ? 740 : 800 }, hasTouch: phone, isMobile: phone, ...options });
    tabs.set(kind, await context.newPage());
  }
  tab = tabs.get(kind);
  tab.setDefaultTimeout(DEADLINE);
  await tab.goto("about:blank");
  await tab.goto(site.url + path);
  await tab.waitForFunction(() => window.pmx?.chrome?.querySelector(".bar") && document.readyState === "complete");
  await settled();
}
/** After what the page does once it rests. */
async function settled() {
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await tab.waitForFunction(() => pmx.floating.rests);
}
const to = async (y) => {
  await tab.evaluate((y) => scrollTo({ top: y < 0 ? document.documentElement.scrollHeight : y, behavior: "instant" }), y);
  await settled();
};
/** Whether the bar can be seen. */
const shown = () => tab.evaluate(() => {
  const bar = pmx.chrome.querySelector(".bar"), { top, bottom } = bar.getBoundingClientRect();
  return top < innerHeight - 8 && bottom <= innerHeight + 1 && getComputedStyle(bar).opacity === "1";
});
/** What of the page the bar lies over, if it is seen: texts, controls and rows. */
const covered = () => tab.evaluate(() => {
  const bar = pmx.chrome.querySelector(".bar");
  const { left, right, top, bottom } = bar.getBoundingClientRect();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  for (let node; (node = walk.nextNode()); ) {
    if (!node.data.trim() || !node.parentElement.checkVisibility({ contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true }) || node.parentElement.closest("script, style, .pmx-site-nav, .pmx-skip")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.bottom > top && box.top < bottom && box.right > left && box.left < right) found.push(node.data.trim().slice(0, 30));
  }
  for (const control of document.querySelectorAll("input, button, tr")) {
    const box = control.getBoundingClientRect();
    if (box.bottom > top && box.top < bottom && box.right > left && box.left < right) found.push(control.tagName);
  }
  return found;
});
const press = async (...keys) => {
  for (const key of keys) await tab.keyboard.press(key);
  await settled();
};

for (const width of WIDTHS) {
  test(`at ${width} pixels the bar goes away while one reads on, and is there again on the way back and at the top`, async () => {
    await open("/long", width);
    assert.equal(await shown(), true, "at the top");
    await to(500);
    assert.equal(await shown(), false, "reading on");
    await to(900);
    assert.equal(await shown(), false, "reading further");
    await to(800);
    assert.equal(await shown(), true, "on the way back");
    await to(820);
    assert.equal(await shown(), false, "on again");
    await to(0);
    assert.equal(await shown(), true, "at the top again");
    assert.ok((await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, "nothing scrolls sideways");
  });

  test(`at ${width} pixels the end of a page is readable whole: text, buttons and rows`, async () => {
    for (const path of width === 390 ? ["/form", "/table", "/bare", "/short"] : ["/table", "/bare"]) {
      await open(path, width);
      await to(-1);
      assert.equal(await shown(), true, `${path}: the bar has its own room at the end`);
      assert.deepEqual(await covered(), [], path);
      // Just before the end, and on the way back from it.
      for (const up of [1, 40, 50]) {
        await tab.evaluate((up) => scrollBy({ top: -up, behavior: "instant" }), up);
        await settled();
        if (await shown()) assert.deepEqual((await covered()).filter((text) => /INPUT|BUTTON|TR|Send|Row 11|Built/.test(text)), [], `${path}, ${up} pixels up`);
      }
    }
  });
}

test("a page that is a little longer than the window has no end below the bar, wherever it is", async () => {
  for (const more of [-90, -60, -30, -5, 5, 30, 60, 90]) {
    await open("/short", 1024);
    await tab.evaluate((more) => {
      const last = document.querySelector(".pmx-document p:last-of-type"), foot = document.querySelector(".pmx-site-footer");
      foot.remove();
      document.querySelector("main").style.paddingBlockEnd = 0;
      last.style.paddingBlockStart = `${innerHeight + more - last.getBoundingClientRect().bottom}px`;
    }, more);
    for (const where of [0, 40, -1]) {
      await to(where);
      if (await shown()) assert.deepEqual((await covered()).filter((text) => text.startsWith("That")), [], `${more} more, at ${where}`);
    }
    assert.equal(await shown(), true, `${more}: at the end it is there`);
  }
});

test("what is operated is never below the resting bar, in the middle of a page neither", async () => {
  for (const width of [390, 1280]) {
    await open("/middle", width);
    const start = await tab.evaluate(() => document.querySelector("form, button").getBoundingClientRect().top + scrollY);
    for (let n = 12; n > 0; n--) {
      await to(start + n * 67);
      const over = (await covered()).filter((text) => text === "BUTTON");
      if (await shown()) assert.deepEqual(over, [], `${width}, ${n}`);
    }
  }
});

test("keys bring the bar, and it never lies over what has the focus", async () => {
  await open("/middle");
  await to(3200);
  assert.equal(await shown(), false);
  let over = 0, seen = 0;
  for (let n = 0; n < 40; n++) {
    await press("Tab");
    const state = await tab.evaluate(() => {
      const bar = pmx.chrome.querySelector(".bar"), own = document.activeElement.getBoundingClientRect(), box = bar.getBoundingClientRect();
      const isOver = own.bottom > box.top && own.top < box.bottom && own.right > box.left && own.left < box.right && document.activeElement.localName !== "div" && box.top < innerHeight;
      return [isOver, box.top < innerHeight];
    });
    over += state[0];
    seen += state[1];
  }
  assert.equal(over, 0);
  assert.ok(seen > 0, "it is there for keys");
  // The bar itself has the focus: it is seen, and stays while the page moves below it.
  await to(500);
  await to(900);
  await tab.evaluate(() => pmx.chrome.querySelector(".primary").focus({ focusVisible: true }));
  await settled();
  assert.equal(await shown(), true);
  await to(1200);
  assert.equal(await shown(), true);
});

test("a page that is opened at one of its headings shows the bar until one reads on", async () => {
  await open("/headings#h4");
  assert.ok((await tab.evaluate(() => scrollY)) > 400);
  assert.equal(await shown(), true);
  await tab.mouse.wheel(0, 200);
  await settled();
  assert.equal(await shown(), false);
});

test("on phones the bar is folded in the corner; opened it has everything, and folds again", async () => {
  await open("/headings", 320);
  const box = () => tab.locator(".bar").boundingBox();
  const folded = await box();
  assert.ok(folded.width < 120 && folded.height < 60 && folded.x + folded.width <= 320 && folded.x > 180, JSON.stringify(folded));
  const button = tab.getByRole("button", { name: "Page actions" });
  assert.equal(await button.getAttribute("aria-expanded"), "false");
  await button.tap();
  assert.equal(await button.getAttribute("aria-expanded"), "true");
  for (const name of ["Contents", "Explore", "Start Play"]) {
    const target = await tab.getByRole("button", { name }).boundingBox();
    assert.ok(target.height >= 44 && target.x >= 0 && target.x + target.width <= 320, `${name} ${JSON.stringify(target)}`);
  }
  await press("Escape");
  assert.deepEqual(await box(), folded);
  await button.tap();
  await tab.locator("h1").tap();
  assert.equal(await button.getAttribute("aria-expanded"), "false", "a touch elsewhere");
  await button.tap();
  await to(300);
  assert.equal(await button.getAttribute("aria-expanded"), "false", "reading on");
  await to(0);
  await tab.getByRole("button", { name: "Start Play" }).tap();
  assert.equal(await tab.evaluate(() => pmx.play.on), true);
});

test("the open list of pages is not below the bar on a phone", async () => {
  await open("/long", 390);
  await tab.tap(".pmx-site-menu > summary");
  await settled();
  assert.equal(await shown(), false);
  await tab.tap(".pmx-site-menu > summary");
  await settled();
  assert.equal(await shown(), true);
});

const inWords = () => tab.evaluate(() => [...pmx.chrome.querySelectorAll(".contents a span")].filter((span) => span.getBoundingClientRect().width > 20).map((span) => span.textContent));

test("the headings of the page stand beside the text in words wherever there is room for them", async () => {
  for (const [width, path] of [[1208, "/headings"], [1280, "/broad"], [1600, "/headings"]]) {
    await open(path, width);
    assert.equal((await inWords()).length, 12, `${width}`);
    const free = await tab.evaluate(() => {
      const nav = pmx.chrome.querySelector(".contents").getBoundingClientRect();
      return nav.left >= document.querySelector(".pmx-block").getBoundingClientRect().right && nav.right <= document.documentElement.clientWidth;
    });
    assert.ok(free, `${width}`);
    assert.equal(await tab.locator(".contents-button").isVisible(), false);
  }
});

test("where there is little room marks stand for the headings: words come by pointer, by key and by touch, and at a button", async () => {
  await open("/headings", 1024);
  assert.deepEqual(await inWords(), []);
  await to(1500);
  const current = () => tab.evaluate(() => pmx.chrome.querySelector(".contents [aria-current]")?.textContent);
  assert.match(await current(), /^Heading number \d+$/);
  await tab.hover(".contents");
  assert.equal((await inWords()).length, 12);
  await tab.mouse.move(300, 300);
  assert.deepEqual(await inWords(), []);
  await tab.evaluate(() => pmx.chrome.querySelector(".contents a").focus());
  assert.equal((await inWords()).length, 12);
  await press("Tab", "Tab", "Enter");
  await tab.waitForFunction(() => location.hash === "#h2");
  await tab.getByRole("button", { name: "Contents" }).click();
  const sheet = await tab.locator(".sheet").boundingBox();
  assert.ok(sheet.x >= 0 && sheet.y >= 0 && sheet.x + sheet.width <= 1024 && sheet.y + sheet.height <= 800);
  assert.equal(await tab.locator(".sheet a").count(), 12);
  await press("Escape");
  await open("/headings", 1024, { hasTouch: true });
  await tab.locator(".contents a").nth(5).tap({ force: true });
  assert.equal(await tab.locator(".sheet:popover-open a").count(), 12);
  assert.equal(await tab.evaluate(() => location.hash), "", "a touch shows the words first");
  await tab.locator(".sheet a").nth(5).tap();
  await tab.waitForFunction(() => location.hash === "#h5");
});

test("where authored blocks leave no room the headings are at a button", async () => {
  for (const width of [390, 768, 1600]) {
    await open(width === 1600 ? "/full" : "/headings", width);
    assert.deepEqual(await inWords(), []);
    if (width < 768) await tab.getByRole("button", { name: "Page actions" }).tap();
    await tab.getByRole("button", { name: "Contents" }).click();
    await tab.locator(".sheet a").nth(3).click();
    await tab.waitForFunction(() => location.hash === "#h3" && !pmx.chrome.querySelector(".sheet:popover-open"));
  }
  await open("/short", 390);
  await tab.getByRole("button", { name: "Page actions" }).tap();
  assert.equal(await tab.getByRole("button", { name: "Contents" }).isVisible(), false, "a page without headings has no list of them");
});

test("the list has the two highest ranks below what names the page, whichever they are", async () => {
  await open("/ranks", 1600);
  assert.deepEqual(await tab.locator(".contents a").allTextContents(), ["Part one", "Inner", "Part two"]);
  assert.deepEqual(await tab.locator(".contents li").evaluateAll((items) => items.map((item) => item.dataset.depth)), ["0", "1", "0"]);
});

test("very many headings and very long words stay in their place", async () => {
  for (const width of [1024, 1600]) {
    await open("/many", width);
    const box = await tab.locator(".contents").boundingBox();
    assert.ok(box.y >= 56 && box.y + box.height <= 800, JSON.stringify(box));
    await to(-1);
    if (width === 1024) {
      const marks = await tab.locator(".contents li").evaluateAll((items) => items.filter((item) => item.getBoundingClientRect().bottom < innerHeight - 60).length);
      assert.equal(marks, 90, "every heading has a mark");
    }
    await tab.hover(".contents");
    await settled();
    const seen = await tab.evaluate(() => {
      const nav = pmx.chrome.querySelector(".contents").getBoundingClientRect(), own = pmx.chrome.querySelector(".contents [aria-current]").getBoundingClientRect();
      return own.top >= nav.top - 1 && own.bottom <= nav.bottom + 1;
    });
    assert.ok(seen, `the current one is in view at ${width}`);
  }
  for (const width of WIDTHS) {
    await open("/german", width);
    assert.ok((await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, `${width}`);
    const out = await tab.evaluate(() => [...pmx.chrome.querySelectorAll(".contents span")].filter((span) => span.getBoundingClientRect().right > innerWidth).length);
    assert.equal(out, 0, `${width}`);
  }
});
