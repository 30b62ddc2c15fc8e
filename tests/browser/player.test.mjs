// What the Player promises: guided reading by keys, pointer and touch, a place in the address, search, the map, answers.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { eventually } from "./browser.mjs";
import { block, joined, page, PlayerSite } from "./player-site.mjs";
import { readerOf } from "./reader.mjs";

const beat = (id, kind, tag, content, more = "") => `<${tag} data-pathmx-beat="${id}" data-pathmx-beat-kind="${kind}"${more}>${content}</${tag}>`;
const HOLDS = ' data-pathmx-beat-container="true"';
const children = (...ids) => `${HOLDS} data-pathmx-beat-children="${ids.join(" ")}"`;

const LESSON = [
  block("a", beat("a:heading-0", "heading", "h1", "Loops", ' id="loops"') + beat("a:step-0", "step", "p", "First words with <a href='/two.guide#part?x'>a link</a>") +
    `<ul>${beat("a:step-1", "item", "li", `Outer<ul>${beat("a:step-1:step-1", "item", "li", "Inner one")}${beat("a:step-1:step-2", "item", "li", "Inner two")}</ul>`, HOLDS)}${beat("a:step-2", "item", "li", "After")}</ul>`),
  block("b", beat("b:heading-0", "heading", "h2", "Code", ' id="code"') +
    `<div class="pmx-code-block" ${`data-pathmx-beat="b:code-0" data-pathmx-beat-kind="code"${children("b:code-0:step-1", "b:code-0:step-2")}`}><pre><code><span class="line" data-pathmx-beat-member="b:code-0:step-1">one</span>\n<span class="line" data-pathmx-beat-member="b:code-0:step-2">two</span>\n</code></pre></div>`),
  block("c", beat("c:heading-0", "heading", "h2", "Lamp", ' id="lamp"') +
    `<div data-pathmx-component="lamp" data-pathmx-states="off | warm | bright" data-pathmx-beat="c:step-0" data-pathmx-beat-kind="component"${children("c:step-0:step-1", "c:step-0:step-2")}>lamp</div>`),
  block("d", `<div style="height:1600px">authored</div>`),
  block("e", beat("e:step-0", "step", "p", "Last words")),
].join("");

const TWO = block("part", beat("part:heading-0", "heading", "h1", "Two", ' id="two"') + beat("part:step-0", "step", "p", "Text of two <input id='field'>") + "<p>Over the sea flies a <b>Zeppelin</b> at night.</p>");
const graph = { sources: [{ id: "index.path", title: "Loops", route: "/index.path", links: ["two.guide"] }, { id: "two.guide", title: "Two things", route: "/two.guide", links: [] }] };
const hash = (term) => [...Buffer.from(term.slice(0, 2))].reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5) >>> 0;
const shards = (terms) => Object.fromEntries([0, 1].map((n) => [`/search/2/${n}.json`, Object.fromEntries(Object.entries(terms).map(([key, list]) => [key, list.filter((term) => hash(term) % 2 === n).join(" ")]).filter(([, list]) => list))]));

const FILES = {
  "/index.path": page("Loops", LESSON, { next: ["/two.guide", "Two things"] }),
  "/two.guide": page("Two things", TWO, { prev: ["/index.path", "Loops"] }),
  "/graph-index.json": graph,
  "/search/index.json": { version: 1, shards: 2, sources: [["aa", "index.path", "/index.path", "Loops", [["code", "Code to read"], ["lamp", "Lamp"]]], ["bb", "two.guide", "/two.guide", "Two things", []], ["cc", "lamps", "/lamps", "Lamp", [["cafe", "Café"]]]] },
  ...shards({ aa: ["code3", "first1", "loops5", "words2"], bb: ["text1", "things5", "two5", "zeppelin1"], cc: ["lamp5"] }),
};

const reader = readerOf(FILES);
let tab;

async function open(path, options, base = reader.site.url) {
  tab = await reader.open(base + path, { reducedMotion: "reduce", ...options });
  return tab;
}
const active = () => tab.evaluate(() => pmx.play.on && pmx.play.stop.id);
const asked = () => tab.evaluate(() => location.pathname + location.search + location.hash);
const press = async (...keys) => {
  for (const key of keys) await tab.keyboard.press(key);
};
const at = (id) => tab.waitForFunction((id) => window.pmx?.play.on && pmx.play.stop.id === id, id);
const inAddress = (text) => tab.waitForFunction((text) => location.search.includes(text), text);

test("all scripts and styles of a page stay small", async () => {
  const script = gzipSync(await joined("PLAYER_JS")).length, style = gzipSync(await joined("BASE_CSS")).length;
  assert.ok(script < 50 * 1024, `the Player has ${script} bytes`);
  assert.ok(style < 15 * 1024, `the styles have ${style} bytes`);
});

test("nothing leaks into the page but one object", async () => {
  await open("/index.path");
  const own = await tab.evaluate(() => {
    const frame = document.body.appendChild(document.createElement("iframe"));
    const known = new Set(Object.getOwnPropertyNames(frame.contentWindow));
    return Object.getOwnPropertyNames(window).filter((name) => !known.has(name) && !/^\d+$/.test(name) && !name.startsWith("__"));
  });
  assert.deepEqual(own, ["pmx"]);
});

test("Start Play, and every Beat comes in its order, with nested ones after what holds them", async () => {
  await open("/index.path");
  await tab.click("text=Start Play");
  const seen = [];
  for (let n = 0; n < 14; n++) {
    seen.push(await active());
    await press("ArrowRight");
  }
  assert.deepEqual(seen, ["a:heading-0", "a:step-0", "a:step-1", "a:step-1:step-1", "a:step-1:step-2", "a:step-2", "b:heading-0", "b:code-0", "b:code-0:step-1", "b:code-0:step-2", "c:heading-0", "c:step-0", "c:step-0:step-1", "c:step-0:step-2"]);
  assert.equal(await active(), "d:block", "a Block without Beats is one stop");
  assert.deepEqual(tab.errors, []);
});

test("what is active and what was seen is marked; what holds the active Beat is not dimmed", async () => {
  await open("/index.path?play=a:step-1:step-2");
  const marks = () => tab.evaluate(() => Object.fromEntries([...document.querySelectorAll("[data-pathmx-play-state]")].map((el) => [el.dataset.pathmxBeat ?? el.textContent, el.dataset.pathmxPlayState])));
  assert.deepEqual(await marks(), { "a:heading-0": "seen", "a:step-0": "seen", "a:step-1:step-1": "seen", "a:step-1:step-2": "active" });
  await tab.evaluate(() => pmx.play.go(pmx.play.stops.find(({ id }) => id === "b:code-0:step-2")));
  assert.equal((await marks()).two, "active");
  assert.equal((await marks()).one, undefined);
  await press("Escape");
  assert.deepEqual(await marks(), {});
});

test("three levels, Blocks, first, last and out of a group", async () => {
  await open("/index.path?play");
  await press("Shift+ArrowRight");
  assert.equal(await active(), "b:heading-0");
  await press("Shift+ArrowRight", "Shift+ArrowLeft");
  assert.equal(await active(), "b:heading-0");
  await press("End");
  assert.equal(await active(), "e:step-0");
  await press("Home");
  assert.equal(await active(), "a:heading-0");
  await press("ArrowRight", "ArrowRight", "ArrowRight", ".");
  assert.equal(await active(), "a:step-2", "out of the inner list");
  await press("Home");
  await tab.evaluate(() => pmx.play.setLevel("block"));
  await press("ArrowRight", "ArrowRight", "ArrowRight");
  assert.equal(await active(), "d:block");
  await tab.evaluate(() => pmx.play.setLevel("browse"));
  await press("ArrowLeft");
  assert.equal(await active(), "c:heading-0");
});

test("the place is in the address, with all else that was there; reload and links come back to it", async () => {
  await open("/index.path?theme=x%20y&flag#code");
  await tab.click("text=Start Play");
  await press("ArrowRight");
  const id = await active();
  await inAddress(`play=${id}`);
  assert.equal(await asked(), `/index.path?theme=x%20y&flag&play=${id}#code`);
  const length = await tab.evaluate(() => history.length);
  await press("ArrowRight", "ArrowRight");
  const later = await active();
  await inAddress(`play=${later}`);
  assert.equal(await tab.evaluate(() => history.length), length);
  await tab.reload();
  await at(later);
  await press("Escape");
  assert.equal(await asked(), "/index.path?theme=x%20y&flag#code");
});

test("?play starts at the first Beat, an unknown Beat at its Block", async () => {
  for (const [query, id] of [["?play", "a:heading-0"], ["?play=1", "a:heading-0"], ["?play=b:code-0:step-9", "b:code-0"], ["?play=nothing", "a:heading-0"], ["?play=%E0%A4%A", "a:heading-0"], ["?play#lamp", "c:heading-0"]]) {
    await open(`/index.path${query}`);
    await at(id);
    await tab.context().close();
  }
});

test("a link to another page enters it in Play, one with a modifier does not", async () => {
  await open("/index.path?play=a:step-0");
  await tab.click("article a[href^='/two.guide']");
  await tab.waitForURL(/two\.guide/);
  await at("part:heading-0");
});

test("at the last Beat the next page is offered, and one more step goes there in Play", async () => {
  await open("/index.path?play=e:step-0");
  await press("ArrowRight");
  assert.equal(await active(), "e:step-0");
  assert.ok(await tab.isVisible(".edge .primary >> text=Two things"));
  await press("ArrowRight");
  await tab.waitForURL(/two\.guide/);
  await at("part:heading-0");
});

test("keys belong to who types; Escape leaves the field, then Play", async () => {
  await open("/two.guide?play=part:step-0");
  await press("Enter");
  assert.equal(await tab.evaluate(() => document.activeElement.id), "field");
  await tab.keyboard.type("a b/c?1.");
  await press("ArrowLeft");
  assert.equal(await tab.inputValue("#field"), "a b/c?1.");
  assert.equal(await active(), "part:step-0");
  await press("Escape");
  assert.equal(await tab.evaluate(() => document.activeElement.tagName), "BODY");
  assert.equal(await active(), "part:step-0");
  await press("Escape");
  assert.equal(await active(), false);
});

test("a click makes a Beat active; on a link, a control or a selection it does not", async () => {
  await open("/index.path?play");
  await tab.click("text=After");
  assert.equal(await active(), "a:step-2");
  await tab.evaluate(() => getSelection().selectAllChildren(document.querySelector("[data-pathmx-beat='a:step-0']")));
  await tab.evaluate(() => document.querySelector("[data-pathmx-beat='a:step-0']").click());
  assert.equal(await active(), "a:step-2");
});

test("a swipe steps, and not where something scrolls sideways", async () => {
  await open("/index.path?play", { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } });
  const swipe = (selector, by) => tab.evaluate(([selector, by]) => {
    const target = document.querySelector(selector);
    const touch = (x) => new Touch({ identifier: 1, target, clientX: x, clientY: 300 });
    target.dispatchEvent(new TouchEvent("touchstart", { bubbles: true, composed: true, touches: [touch(200)], changedTouches: [touch(200)] }));
    target.dispatchEvent(new TouchEvent("touchend", { bubbles: true, composed: true, touches: [], changedTouches: [touch(200 + by)] }));
  }, [selector, by]);
  await swipe("h1", -90);
  assert.equal(await active(), "a:step-0");
  await swipe("h1", 90);
  assert.equal(await active(), "a:heading-0");
  await swipe("h1", -20);
  assert.equal(await active(), "a:heading-0");
  const box = await tab.locator(".step.forward").boundingBox();
  assert.ok(box.width >= 44 && box.height >= 44 && box.x < 200, "the keys lie under the left thumb");
});

test("components hear that they are entered, stepped and left, and their actions are buttons", async () => {
  await open("/index.path?play=c:heading-0");
  await tab.evaluate(() => {
    window.told = [];
    for (const type of ["pathmx:beat-enter", "pathmx:beat-exit", "pathmx:play-step"]) document.addEventListener(type, ({ target, detail }) => told.push([type.slice(7), target.dataset.pathmxComponent, type === "pathmx:play-step" ? detail.index : detail.direction]));
    const lamp = document.querySelector("[data-pathmx-component]");
    lamp.pmxActions = [{ id: "dim", label: "Dim it", run: () => (window.dimmed = true) }];
  });
  await press("ArrowRight", "ArrowRight", "ArrowLeft");
  await tab.click("text=Dim it");
  assert.equal(await tab.evaluate(() => window.dimmed), true);
  await press("Shift+ArrowRight");
  assert.deepEqual(await tab.evaluate(() => told), [["beat-enter", "lamp", 1], ["play-step", "lamp", 0], ["play-step", "lamp", 1], ["play-step", "lamp", 0], ["beat-exit", "lamp", 1]]);
});

test("digits choose among states without an order", async () => {
  await open("/index.path?play=c:step-0");
  await tab.evaluate(() => {
    const lamp = document.querySelector("[data-pathmx-component]");
    lamp.dataset.pathmxStates = "red, green, blue";
    lamp.addEventListener("pathmx:play-step", ({ detail }) => (window.picked = detail));
  });
  await press("2");
  const { index, state } = await tab.evaluate(() => window.picked);
  assert.deepEqual([index, state], [1, "green"]);
});

test("slides show one Block, the overview all, and outside of Play the page flows", async () => {
  await open("/index.path?play=b:heading-0");
  const visible = () => tab.evaluate(() => [...document.querySelectorAll(".pmx-block")].filter((one) => one.checkVisibility()).map(({ id }) => id).join(""));
  await tab.click("[aria-label=More]");
  await tab.click("text=Slides");
  assert.equal(await visible(), "b");
  await press("Shift+ArrowRight");
  assert.equal(await visible(), "c");
  await tab.evaluate(() => pmx.present("grid"));
  assert.equal(await visible(), "abcde");
  await tab.click("#e");
  assert.equal(await visible(), "e");
  assert.equal(await active(), "e:step-0");
  await press("Escape");
  assert.equal(await visible(), "abcde");
});

test("a document that is a presentation is played as slides, whatever its Blocks are laid out as", async () => {
  const other = await PlayerSite.start({ "/": page("Slides", LESSON, { document: ' data-pathmx-presentation="slides"', head: "<style>.pmx-document > .pmx-block { display: grid; margin: 90px; width: 300px }</style>" }) });
  await open("/?play", {}, other.url);
  const box = await tab.locator("#a").boundingBox();
  assert.deepEqual([box.x, box.y, box.width], [0, 0, 1280]);
  assert.ok(!(await tab.isVisible("#b")));
  await other.close();
});

test("search: a combobox whose best result is first and whose words are found in the text", async () => {
  await open("/index.path");
  await press("Control+k");
  assert.equal(await tab.getAttribute("dialog.search input", "role"), "combobox");
  const fill = (text) => tab.fill("dialog.search input", text);
  const results = tab.locator("[role=option] .title");
  const finds = async (text, titles) => {
    await fill(text);
    await eventually(() => results.allTextContents(), titles);
  };
  await finds("lamp", ["Lamp", "Lamp"]);
  assert.deepEqual(await tab.locator("[role=option] .trail").allTextContents(), ["lamps", "Loops"], "the title is before the heading");
  await finds("cafe", ["Café"]);
  await finds("zepp", ["Two things"]);
  await tab.waitForSelector(".excerpt:visible");
  assert.equal(await tab.textContent(".excerpt mark"), "Zepp");
  await finds("zeppelin lamp", []);
  await fill("t");
  await results.first().waitFor();
  await press("ArrowDown", "ArrowUp", "Enter");
  await tab.waitForURL(/two\.guide/);
});

test("the selection stays with its result when more results come", async () => {
  await open("/index.path");
  await press("Control+k");
  await tab.fill("dialog.search input", "lamp");
  await tab.waitForSelector("[role=option]");
  await press("ArrowDown");
  const chosen = () => tab.evaluate(() => pmx.chrome.querySelector("[role=option][aria-selected=true] .trail").textContent);
  const before = await chosen();
  await tab.evaluate(() => {
    for (const option of pmx.chrome.querySelectorAll("[role=option]")) option.old = true;
    pmx.chrome.querySelector("dialog.search input").dispatchEvent(new Event("input"));
  });
  await tab.waitForFunction(() => [...pmx.chrome.querySelectorAll("[role=option]")].some((option) => !option.old));
  assert.equal(await chosen(), before);
  assert.equal(await tab.evaluate(() => pmx.chrome.querySelectorAll("[aria-selected=true]").length), 1);
  await press("Escape");
  assert.equal(await tab.evaluate(() => !!pmx.modal()), false);
});

test("Explore lists every page beside the map and filters them", async () => {
  await open("/index.path");
  await tab.click("text=Explore");
  await tab.waitForSelector(".side a");
  assert.deepEqual(await tab.locator(".side a .title").allTextContents(), ["Loops", "Two things"]);
  assert.equal(await tab.textContent(".side a[aria-current=page] .title"), "Loops");
  await tab.fill(".side input", "two");
  assert.deepEqual(await tab.locator(".side a .title").allTextContents(), ["Two things"]);
  await press("Enter");
  await tab.waitForURL(/two\.guide/);
});

test("the map of a thousand pages settles in steps that leave each frame its time", async () => {
  const sources = Array.from({ length: 1000 }, (_, n) => ({ id: `folder-${n % 9}/page-${n}`, title: `Page ${n}`, route: `/page-${n}`, links: [`folder-${(n >> 3) % 9}/page-${n >> 3}`, `folder-${(n * 7) % 1000 % 9}/page-${(n * 7) % 1000}`] }));
  const other = await PlayerSite.start({ "/": page("One", LESSON), "/graph-index.json": { sources } });
  await open("/", { reducedMotion: "no-preference" }, other.url);
  await tab.click("text=Explore");
  await tab.waitForSelector(".side a");
  const most = await tab.evaluate(() => new Promise((done) => {
    // A step takes five milliseconds of a clock that nothing else moves.
    const settle = pmx.settleGraph;
    let time = 0, steps = 0, most = 0, frames = 0;
    performance.now = () => time;
    pmx.settleGraph = (...args) => (steps++, (time += 5), settle(...args));
    requestAnimationFrame(function each() {
      most = Math.max(most, steps);
      steps = 0;
      if (frames++ < 20) requestAnimationFrame(each);
      else done(most);
    });
  }));
  assert.equal(most, 2, "steps of one frame");
  await other.close();
});

test("colours: chosen once, kept over pages from the first paint on, and given back to the system", async () => {
  await open("/index.path", { colorScheme: "light" });
  const scheme = () => tab.evaluate(() => [document.documentElement.dataset.pathmxColorScheme ?? "", getComputedStyle(document.documentElement).colorScheme]);
  const toggle = tab.locator(".tool[aria-label^=Colours]");
  await toggle.click();
  await toggle.click();
  assert.deepEqual(await scheme(), ["dark", "dark"]);
  await tab.goto(`${reader.site.url}/two.guide`, { waitUntil: "commit" });
  assert.equal((await scheme())[0], "dark");
  await tab.waitForSelector(".find");
  await toggle.click();
  assert.deepEqual(await scheme(), ["", "light dark"]);
});

test("code is copied without its marks, and says so", async () => {
  await open("/index.path", { permissions: ["clipboard-read", "clipboard-write"] });
  await tab.hover(".pmx-code-block");
  await tab.click(".pmx-code-copy");
  await tab.waitForSelector(".pmx-code-copy:text('Copied')");
  assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), "one\ntwo");
});

const WIDE = `<pre class="shiki"><code><span class="line">${"wide ".repeat(60)}</span></code></pre>`;
const FENCES = block("f", `<h1>Code</h1><div class="pmx-code-block" data-language="js">${WIDE}</div><div class="pmx-code-block">${WIDE}</div>` +
  `<div class="pmx-code-block" data-language="js"><p class="pmx-code-title">step.js</p>${WIDE}</div><div class="pmx-code-block" data-pathmx-copy="false">${WIDE}</div>`);

test("the copy button covers no code where a finger points, and nothing moves when it comes", async () => {
  const other = await PlayerSite.start({ "/": page("Code", FENCES) });
  const lines = () => tab.evaluate(() => [...document.querySelectorAll(".line")].map((line) => Math.round(line.getBoundingClientRect().top + scrollY)));
  const still = await (await reader.browser.newContext({ javaScriptEnabled: false, isMobile: true, hasTouch: true, viewport: { width: 390, height: 800 } })).newPage();
  await still.goto(other.url);
  await open("/", { isMobile: true, hasTouch: true, viewport: { width: 390, height: 800 } }, other.url);
  assert.equal(await tab.locator(".pmx-code-copy").count(), 3);
  const covered = await tab.evaluate(() => [...document.querySelectorAll(".pmx-code-copy")].map((button) => {
    const a = button.getBoundingClientRect(), b = button.parentElement.querySelector("pre").getBoundingClientRect();
    return { over: a.bottom > b.top + 0.5 && a.top < b.bottom, seen: getComputedStyle(button).opacity, high: a.height >= 36 };
  }));
  assert.deepEqual(covered, Array(3).fill({ over: false, seen: "1", high: true }));
  const rest = await still.locator(".line").evaluateAll((all) => all.map((line) => Math.round(line.getBoundingClientRect().top + scrollY)));
  assert.deepEqual(await lines(), rest);
  await still.context().close();
  await other.close();
});

test("with a mouse the copy button comes with the pointer or with the keyboard", async () => {
  const other = await PlayerSite.start({ "/": page("Code", FENCES) });
  await open("/", {}, other.url);
  const seen = () => tab.evaluate(() => [...document.querySelectorAll(".pmx-code-copy")].map((button) => getComputedStyle(button).opacity));
  assert.deepEqual(await seen(), ["0", "0", "0"]);
  await tab.hover(".pmx-code-block >> nth=1");
  assert.deepEqual(await seen(), ["0", "1", "0"]);
  await tab.mouse.move(0, 0);
  await tab.focus(".pmx-code-copy >> nth=2");
  assert.deepEqual(await seen(), ["0", "0", "1"]);
  await other.close();
});

test("an update of the page keeps the Beat, or the nearest before it", async () => {
  await open("/index.path?play=b:code-0:step-1");
  await tab.evaluate(() => {
    document.querySelector("#a").insertAdjacentHTML("beforeend", '<p data-pathmx-beat="a:step-9" data-pathmx-beat-kind="step">new</p>');
    document.dispatchEvent(new CustomEvent("pmx:updated"));
  });
  assert.equal(await active(), "b:code-0:step-1");
  await tab.evaluate(() => {
    document.querySelector(".pmx-code-block").remove();
    document.dispatchEvent(new CustomEvent("pmx:updated"));
  });
  assert.equal(await active(), "b:heading-0");
  await inAddress("play=b:heading-0");
});

test("authored rules for buttons, dialogs and everything do not reach the bar", async () => {
  const other = await PlayerSite.start({ "/": page("Wild", LESSON, { head: "<style>body * { margin: 30px !important; font: 40px serif } button, dialog, nav, section, div { background: red; width: 100%; display: block }</style>" }) });
  await open("/?play", {}, other.url);
  const box = await tab.locator(".bar").boundingBox();
  assert.ok(box.height < 120 && box.width < 720, JSON.stringify(box));
  await other.close();
});

test("the page works without a header, and with Play on a page without Beats", async () => {
  const other = await PlayerSite.start({ "/": page("Bare", block("x", "<p>One</p>") + block("y", "<p>Two</p>"), { bare: true }) });
  await open("/?play", {}, other.url);
  await press("ArrowRight");
  assert.equal(await active(), "y:block");
  assert.deepEqual(tab.errors, []);
  await other.close();
});

test("the headings of the page are listed, and the one that is read is marked", async () => {
  const far = '<div style="height:1200px"></div>';
  const other = await PlayerSite.start({ "/": page("Long", block("x", `<h1 id="top">Top</h1><h2 id="one">One</h2>${far}<h2 id="two">Two</h2>${far}<h3 id="three">Three</h3>${far}`)) });
  await open("/", {}, other.url);
  assert.deepEqual(await tab.locator(".contents a").allTextContents(), ["One", "Two", "Three"]);
  await tab.mouse.wheel(0, 1); // from here on the page is its reader's
  await tab.waitForFunction(() => !pmx.held());
  await tab.evaluate(() => document.querySelector("#two").scrollIntoView());
  await tab.waitForFunction(() => pmx.chrome.querySelector(".contents [aria-current]")?.textContent === "Two");
  await press("Alt+ArrowDown");
  await tab.waitForFunction(() => pmx.chrome.querySelector(".contents [aria-current]")?.textContent === "Three");
  await tab.context().close();
  await open("/", { viewport: { width: 390, height: 844 } }, other.url);
  await tab.click("[aria-label='Page actions']");
  await tab.click("text=Contents");
  await tab.click(".sheet >> text=Two");
  await tab.waitForFunction(() => location.hash === "#two" && !pmx.chrome.querySelector(".sheet:popover-open"));
  await other.close();
});

test("an annotation opens at its mark, and all of them can be hidden", async () => {
  const note = `<p>It is <mark data-pathmx-annotation-text="c2">worth</mark><sup class="pmx-annotation-marker"><a href="#annotation:c2" id="annotation-text:c2">c2</a></sup> it</p>
<aside class="pmx-annotations"><ol><li id="annotation:c2" data-pathmx-annotation-thread="c2"><p>Connect this</p></li></ol></aside>`;
  const other = await PlayerSite.start({ "/": page("Notes", block("x", note)) });
  await open("/", {}, other.url);
  assert.ok(!(await tab.isVisible("aside")));
  await tab.click("mark");
  assert.equal(await tab.textContent(".pmx-annotation-card:popover-open"), "Connect this");
  await press("Escape");
  assert.ok(!(await tab.isVisible(".pmx-annotation-card")));
  await tab.click("[aria-label^=Annotations]");
  assert.ok(!(await tab.isVisible("sup")));
  await tab.emulateMedia({ media: "print" });
  assert.ok(await tab.isVisible("aside"), "paper has them");
  assert.ok(!(await tab.isVisible(".bar")));
  await other.close();
});

test("a page of hundreds of Blocks keeps its bar, and a step changes little", async () => {
  const many = Array.from({ length: 400 }, (_, n) => block(`n${n}`, beat(`n${n}:heading-0`, "heading", "h2", `Block ${n}`, ` id="h${n}"`) + beat(`n${n}:step-0`, "step", "p", "Text"))).join("");
  const other = await PlayerSite.start({ "/": page("Many", many) });
  await open("/?play", {}, other.url);
  const changes = await tab.evaluate(async () => {
    let changes = 0;
    const observer = new MutationObserver((records) => (changes += records.length));
    for (const root of [document, pmx.chrome]) observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    for (let n = 0; n < 20; n++) pmx.play.forward();
    changes += observer.takeRecords().length;
    return changes / 20;
  });
  assert.ok(changes > 0 && changes < 40, `a step changed ${changes} nodes`);
  assert.equal(await tab.locator(".segment").count(), 1);
  await other.close();
});

test("the colours that were chosen stay when the page is brought up to date", async () => {
  await open("/index.path");
  await tab.evaluate(() => localStorage.setItem("pmx:color-scheme", '"dark"'));
  await tab.reload();
  await tab.waitForSelector(".find");
  await tab.evaluate(() => {
    delete document.documentElement.dataset.pathmxColorScheme;
    document.dispatchEvent(new CustomEvent("pmx:updated"));
  });
  assert.equal(await tab.evaluate(() => document.documentElement.dataset.pathmxColorScheme), "dark");
});
