// Slides: a margin whatever authors style, one order of emphasis, points one by one, and an overview that changes nothing of the bar.
import assert from "node:assert/strict";
import { test } from "node:test";
import { block, page } from "./player-site.mjs";
import { readerOf } from "./reader.mjs";

const beat = (id, kind, tag, content, more = "") => `<${tag} data-pathmx-beat="${id}" data-pathmx-beat-kind="${kind}"${more}>${content}</${tag}>`;
const TALK = [
  block("a", beat("a:heading-0", "heading", "h1", "One text") + beat("a:step-0", "step", "p", "Some words")),
  block("b", beat("b:heading-0", "heading", "h2", "Points") + `<ul>${beat("b:step-0", "item", "li", "First")}${beat("b:step-1", "item", "li", `Outer<ul>${beat("b:step-1:step-1", "item", "li", "Inner")}</ul>`, ' data-pathmx-beat-container="true"')}${beat("b:step-2", "item", "li", "Last <a href='#a'>link</a>")}</ul>` + beat("b:step-3", "step", "p", "Closing words")),
  block("c", beat("c:heading-0", "heading", "h2", "At once") + `<ol>${beat("c:step-0", "item", "li", "First")}${beat("c:step-1", "item", "li", "Second")}</ol>`, ' data-pathmx-reveal="all"'),
].join("");
const SLIDES = ' data-pathmx-presentation="slides"';

const FILES = {};
const reader = readerOf(FILES);
let tab;

async function open(query, { css = "", body = TALK, document = SLIDES, options } = {}) {
  FILES["/"] = page("Talk", body, { document, head: css && `<style>${css}</style>` });
  tab = await reader.open(query, { reducedMotion: "reduce", ...options });
}
const press = async (...keys) => {
  for (const key of keys) await tab.keyboard.press(key);
};
const active = () => tab.evaluate(() => pmx.play.on && pmx.play.stop.id);
const point = (id) => `[data-pathmx-beat="${id}"]`;
/** What of the Block's Beats can be seen, in order. */
const seen = (block) => tab.evaluate((block) => [...document.querySelectorAll(`#${block} [data-pathmx-beat]`)].filter((el) => getComputedStyle(el).visibility === "visible").map((el) => el.dataset.pathmxBeat), block);

const PADDINGS = ["padding: 0", "padding: 0 !important", "padding: 3px", "padding-inline: 0", "padding: -2rem", "margin: -40px; padding: 0", "margin: 0 -10vw !important; padding: 0", "padding: 40vh 30vw", "padding: 0; width: 100vw; height: 200vh; max-width: none", "padding: 0; min-height: 150vh; position: relative; left: -50px", "padding: 0; transform: translateX(-80px)", "padding: 0; display: grid; place-items: start", "padding: 0; display: flex; flex-direction: column; float: left", "padding: 0; box-sizing: content-box; border: 8px solid red"];
for (const size of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
  test(`what stands on a slide keeps a margin, whatever its Block is styled as, at ${size.width} px`, async () => {
    for (const padding of ["", ...PADDINGS]) {
      await open("?play=b:step-0", { css: `.pmx-document > .pmx-block { ${padding} } .pmx-block { ${padding} }`, options: { viewport: size } });
      const [slide, heading, item] = await Promise.all(["#b", "#b h2", "#b li"].map((selector) => tab.locator(selector).first().boundingBox()));
      assert.deepEqual(slide, { x: 0, y: 0, ...size }, padding);
      for (const box of [heading, item]) {
        assert.ok(box.x >= 24 && box.y >= 24, `${padding}: ${JSON.stringify(box)}`);
        assert.ok(box.x + box.width <= size.width - 24 && box.width > 60, `${padding}: ${JSON.stringify(box)}`);
      }
      const bar = await tab.locator(".bar").boundingBox();
      assert.ok(item.y + item.height < bar.y, padding);
      assert.deepEqual(await tab.evaluate(() => [document.querySelector("#b").scrollWidth > innerWidth, scrollX]), [false, 0], padding);
      await tab.context().close();
    }
  });
}

test("the end of a tall slide can be read above the bar", async () => {
  await open("?play=d:step-1", { body: block("d", beat("d:heading-0", "heading", "h2", "Tall") + beat("d:step-0", "step", "p", "x", ' style="height:1500px"') + beat("d:step-1", "step", "p", "End")), css: ".pmx-block { padding: 0 }" });
  const end = await tab.locator(point("d:step-1")).boundingBox(), bar = await tab.locator(".bar").boundingBox();
  assert.ok(end.y + end.height <= bar.y, JSON.stringify([end, bar]));
});

test("a site can set the margin of its slides", async () => {
  await open("?play=b:step-0", { css: ".pmx-document { --pmx-slide-margin: 100px 300px }" });
  assert.equal((await tab.locator("#b h2").boundingBox()).x, 300);
});

test("heading and points share one order of emphasis: what is to come is never stronger than what was seen or is active", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await open("?play=c:step-0", { options: { colorScheme } });
    const strength = (selector) => tab.evaluate((selector) => {
      const { color, opacity, visibility } = getComputedStyle(document.querySelector(selector));
      const ground = getComputedStyle(document.documentElement).backgroundColor, sum = (rgb) => rgb.match(/[\d.]+/g).slice(0, 3).reduce((all, n) => all + +n, 0);
      return visibility === "visible" ? Math.abs(sum(color) - sum(ground)) * opacity : 0;
    }, selector);
    const [heading, first, second] = [await strength("#c h2"), await strength(point("c:step-0")), await strength(point("c:step-1"))];
    assert.equal(heading, first, "seen heading, active point");
    assert.ok(second <= first, "to come");
    await press("ArrowRight");
    assert.equal(await strength(point("c:step-0")), heading, "a seen point is as its heading");
    await tab.evaluate(() => pmx.play.go(pmx.play.stops.find(({ id }) => id === "b:step-0")));
    assert.equal(await strength("#b h2"), await strength(point("b:step-0")));
    assert.equal(await strength(point("b:step-2")), 0);
    await tab.context().close();
  }
});

test("points of a slide come one by one, in their places, and go again on the way back", async () => {
  await open("?play=b:heading-0");
  assert.deepEqual(await seen("b"), ["b:heading-0", "b:step-3"]);
  const place = await tab.locator(point("b:step-3")).boundingBox();
  await press("ArrowRight", "ArrowRight");
  assert.deepEqual(await seen("b"), ["b:heading-0", "b:step-0", "b:step-1", "b:step-3"]);
  await press("ArrowRight");
  assert.deepEqual((await seen("b")).slice(1, 4), ["b:step-0", "b:step-1", "b:step-1:step-1"]);
  assert.deepEqual(await tab.locator(point("b:step-3")).boundingBox(), place);
  await press("ArrowLeft", "ArrowLeft");
  assert.deepEqual(await seen("b"), ["b:heading-0", "b:step-0", "b:step-3"]);
  await press("End");
  assert.equal((await tab.evaluate(() => document.querySelectorAll("#b [data-pmx-to-come]").length)), 0);
});

test("who comes to a point by an address, a click on the timeline or a search has all before it", async () => {
  await open("?play=b:step-2");
  assert.deepEqual(await seen("b"), ["b:heading-0", "b:step-0", "b:step-1", "b:step-1:step-1", "b:step-2", "b:step-3"]);
  await tab.locator(".segment").first().click();
  await press("Shift+ArrowRight");
  assert.deepEqual(await seen("b"), ["b:heading-0", "b:step-3"]);
});

test("all points at once, where the author or the presenter wants it, and where steps go to Blocks or headings", async () => {
  await open("?play=c:heading-0");
  assert.equal((await seen("c")).length, 3);
  await tab.evaluate(() => pmx.play.go(pmx.play.stops.find(({ id }) => id === "b:heading-0")));
  assert.equal((await seen("b")).length, 2);
  await tab.click("[aria-label=More]");
  await tab.click("text=All points at once");
  assert.equal((await seen("b")).length, 6);
  await tab.click("[aria-label=More]");
  assert.equal(await tab.getAttribute(".item:has-text('All points at once')", "aria-pressed"), "true");
  await tab.click("text=All points at once");
  assert.equal((await seen("b")).length, 2);
  for (const level of ["block", "browse"]) {
    await tab.evaluate((level) => pmx.play.setLevel(level), level);
    assert.equal((await seen("b")).length, 6, level);
  }
});

test("only slides hold points back: not the text, not the overview, not paper, and not who has left", async () => {
  await open("?play=b:heading-0");
  await tab.emulateMedia({ media: "print" });
  assert.equal((await seen("b")).length, 6, "paper");
  await tab.emulateMedia({ media: "screen" });
  for (const presentation of ["flow", "grid"]) {
    await tab.evaluate((name) => pmx.present(name), presentation);
    assert.equal((await seen("b")).length, 6, presentation);
  }
  await tab.evaluate(() => pmx.present("slides"));
  assert.equal((await seen("b")).length, 2);
  await press("Escape");
  assert.equal((await seen("b")).length, 6, "left");
});

for (const size of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
  test(`text, slides and overview have the same bar, at ${size.width} px`, async () => {
    await open("?play=b:step-0", { options: { viewport: size, isMobile: size.width < 500, hasTouch: size.width < 500 }, css: "html { font-size: 18px } .pmx-document { font-size: 30px; zoom: 1.2 }" });
    const look = () => tab.evaluate(() => {
      const range = document.createRange();
      return [...pmx.chrome.querySelectorAll(".bar, .bar .title, .bar .count, .bar .icon")].filter((el) => el.checkVisibility()).map((el) => {
        range.selectNodeContents(el);
        const { fontSize, lineHeight, zoom } = getComputedStyle(el), { width, height } = el.getBoundingClientRect();
        return [el.className.baseVal ?? el.className, fontSize, lineHeight, zoom, width, height, range.getBoundingClientRect().width];
      });
    });
    const looks = [];
    for (const presentation of ["flow", "slides", "grid"]) {
      await tab.evaluate((name) => pmx.present(name), presentation);
      looks.push(await look());
    }
    assert.ok(looks[0].length > 4);
    assert.deepEqual(looks[1], looks[0]);
    assert.deepEqual(looks[2], looks[0]);
  });
}

test("the tiles of the overview have a margin and one strength, whatever their Blocks are styled as", async () => {
  await open("?play=b:step-2", { css: ".pmx-document > .pmx-block { padding: 0; margin: -30px; width: 100vw; position: absolute; left: 40px }" });
  await tab.evaluate(() => pmx.present("grid"));
  const [tile, heading] = [await tab.locator("#a").boundingBox(), await tab.locator("#a h1").boundingBox()];
  assert.ok(tile.x >= 16 && tile.width < 400 && heading.x - tile.x >= 12, JSON.stringify([tile, heading]));
  assert.equal(await tab.evaluate(() => new Set([...document.querySelectorAll("h1, h2, li")].map((el) => getComputedStyle(el).color)).size), 1);
});
