// A page that was just opened stays where it was opened, whatever scripts do at start; its reader moves it as ever.
import assert from "node:assert/strict";
import { test } from "node:test";
import { block, page, PlayerSite } from "./player-site.mjs";
import { readerOf } from "./reader.mjs";

const beat = (id, content, more = "") => `<p data-pathmx-beat="${id}" data-pathmx-beat-kind="step"${more}>${content}</p>`;
const FAR = '<div style="height:1600px"></div>';
const LONG = [
  block("a", `<h1>Top</h1>${beat("a:step-0", "First")}${FAR}`),
  block("b", `<h2 id="there">There</h2>${beat("b:step-0", "Some words about a needle")}${FAR}`),
  block("c", `<h2 id="far">Far</h2>${beat("c:step-0", 'Last <input id="field">')}<div id="inner" style="height:50px;overflow:auto"><p style="height:400px">x</p></div>${FAR}`),
].join("");

const FILES = {};
const reader = readerOf(FILES);
let tab;

async function open(address, script, { document = "", head = "", body = LONG, options } = {}) {
  FILES["/"] = page("Opened", body + (script ? `<script>${script}</script>` : ""), { document, head });
  tab = await reader.open(address, options);
}
/** Until scripts of the page and what they bring about have run: a third of a second and two frames. */
const settle = () => tab.evaluate(() => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 350)));
const top = (selector) => tab.evaluate((selector) => Math.round(document.querySelector(selector).getBoundingClientRect().top), selector);
const scrolled = () => tab.evaluate(() => [Math.round(scrollX), Math.round(scrollY)]);

const SCROLLS = {
  "scrollIntoView()": "far.scrollIntoView()",
  "a smooth scrollIntoView()": "far.scrollIntoView({ behavior: 'smooth' })",
  "focus()": "field.focus()",
  "scrollTo()": "scrollTo(0, 2500)",
  "scrollBy()": "scrollBy(0, 2500)",
  "scrollTop": "document.scrollingElement.scrollTop = 2500",
  "a hash": "location.hash = 'far'",
  "a replaced location": "location.replace('#far')",
  "a click on a link": "const a = document.createElement('a'); a.href = '#far'; a.click()",
  "a selection": "field.select()",
};
const WHEN = {
  "while the page is read": (script) => script,
  "when it is there": (script) => `addEventListener("DOMContentLoaded", () => { ${script} })`,
  "when it is loaded": (script) => `addEventListener("load", () => { ${script} })`,
  "a moment later": (script) => `addEventListener("load", () => setTimeout(() => { ${script} }, 200))`,
  "in every frame": (script) => `let n = 0; (function again() { ${script.replace("const a", "var a")}; if (n++ < 20) requestAnimationFrame(again) })()`,
};
for (const [how, script] of Object.entries(SCROLLS)) {
  test(`no script moves a page that was just opened: ${how}`, async () => {
    for (const [when, make] of Object.entries(WHEN)) {
      await open("/", make(script));
      await settle();
      assert.deepEqual(await scrolled(), [0, 0], when);
      await tab.context().close();
    }
  });
  test(`a page that was opened at a fragment stays there: ${how}`, async () => {
    await open("/#there", "");
    await settle();
    const place = await top("#there");
    assert.ok(place >= 0 && place < 120, `${place}`);
    await tab.context().close();
    for (const when of ["while the page is read", "a moment later"]) {
      await open("/#there", WHEN[when](script));
      await settle();
      assert.equal(await top("#there"), place, when);
      await tab.context().close();
    }
  });
  test(`a page that was opened in Play stays at its Beat: ${how}`, async () => {
    await open("/?play=b:step-0", "");
    await settle();
    const place = await top("#b p");
    await tab.context().close();
    await open("/?play=b:step-0", WHEN["when it is loaded"](script));
    await settle();
    assert.equal(await top("#b p"), place);
    assert.equal(await tab.evaluate(() => pmx.play.stop.id), "b:step-0");
  });
}

test("?play starts at the fragment that the reader came by, not at one that a script has set", async () => {
  for (const [address, script, id] of [["/?play#there", "location.hash = 'far'", "b:step-0"], ["/?play", "location.hash = 'far'", "a:step-0"], ["/?play", "addEventListener('load', () => location.hash = 'far')", "a:step-0"]]) {
    await open(address, script);
    await settle();
    assert.equal(await tab.evaluate(() => pmx.play.stop.id), id, address + script);
    await tab.context().close();
  }
});

test("a slide stays where it was opened, too", async () => {
  await open("/?play=c:step-0", "addEventListener('load', () => inner.scrollIntoView({ block: 'start' }))", { document: ' data-pathmx-presentation="slides"' });
  const place = await top("#c p");
  await settle();
  assert.equal(await top("#c p"), place);
  assert.equal(await tab.evaluate(() => document.querySelector("#c").scrollTop < 50), true);
});

test("what scrolls inside of the page is its scripts' own", async () => {
  await open("/", "addEventListener('load', () => inner.scrollTop = 100)");
  await settle();
  assert.equal(await tab.evaluate(() => inner.scrollTop), 100);
});

test("who has scrolled, pressed or touched moves the page, and so do the scripts that answer", async () => {
  await open("/", "");
  await tab.mouse.move(300, 300);
  await tab.mouse.wheel(0, 700);
  await tab.waitForFunction(() => scrollY > 500);
  await settle();
  assert.ok((await scrolled())[1] > 500);
  await tab.context().close();
  await open("/", "addEventListener('click', () => far.scrollIntoView())");
  await tab.click("h1");
  await settle();
  assert.ok((await top("#far")) < 200);
  await tab.context().close();
  await open("/", "");
  await tab.keyboard.press("End");
  await tab.waitForFunction(() => scrollY > 500);
  await settle();
  assert.ok((await scrolled())[1] > 500);
});

test("a link to a fragment goes there at once, in the page and in Play", async () => {
  const body = LONG.replace("First", 'First <a id="link" href="#far">far</a>');
  await open("/", "", { body });
  await tab.click("#link");
  await settle();
  assert.ok((await top("#far")) < 120);
  await tab.context().close();
  await open("/?play", "", { body });
  await tab.click("#link");
  assert.equal(await tab.evaluate(() => pmx.play.stop.id), "c:step-0");
});

test("a page whose reader scrolled before its scripts came is not taken back", async () => {
  const held = await PlayerSite.start({ "/": page("Slow", LONG) });
  tab = await reader.newTab();
  let go;
  const gate = new Promise((open) => (go = open));
  await tab.route("**/player.js", async (route) => (await gate, route.continue()));
  const opened = tab.goto(held.url);
  await tab.waitForSelector("#far");
  await tab.mouse.move(300, 300);
  await tab.mouse.wheel(0, 700);
  await tab.waitForFunction(() => scrollY > 500);
  go();
  await opened;
  await tab.waitForSelector(".find");
  await settle();
  assert.ok((await scrolled())[1] > 500);
  await held.close();
});

test("a reload comes back to where the page was, and no script takes it from there", async () => {
  for (const script of ["", "addEventListener('load', () => far.scrollIntoView())", "far.scrollIntoView()"]) {
    await open("/", script);
    await tab.mouse.move(300, 300);
    await tab.mouse.wheel(0, 900);
    await tab.waitForFunction(() => scrollY === 900);
    await tab.reload();
    await tab.waitForSelector(".find");
    await settle();
    assert.deepEqual(await scrolled(), [0, 900], script);
    await tab.context().close();
  }
});

test("what a link names by its text is gone to", async () => {
  await open("/#:~:text=needle", "");
  await settle();
  const place = await top("#b p");
  assert.ok(place > 0 && place < 720, `${place}`);
});

test("after its opening a page is its scripts' to move", async () => {
  await open("/", "", { options: { reducedMotion: "reduce" } });
  await tab.waitForFunction(() => !pmx.held());
  await tab.evaluate(() => far.scrollIntoView());
  await settle();
  assert.ok((await top("#far")) < 120);
});
