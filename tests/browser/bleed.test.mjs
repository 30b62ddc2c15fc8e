// What reaches beyond the text ("full bleed") runs under no navigation, lets no page scroll sideways, and stands in the middle in Play.
import assert from "node:assert/strict";
import { test } from "node:test";
import { block, page } from "./player-site.mjs";
import { readerOf } from "./reader.mjs";

const BLEEDS = {
  "100vw and a margin of half the rest": "width: 100vw; margin-inline: calc(50% - 50vw)",
  "100vw and physical margins": "width: 100vw; margin-left: calc(-50vw + 50%); max-width: none",
  "100vw, moved by half": "width: 100vw; position: relative; left: 50%; margin-left: -50vw; margin-right: -50vw",
  "100vw, transformed": "width: 100vw; position: relative; left: 50%; transform: translateX(-50%)",
  "100dvw": "width: 100dvw; margin-inline: calc(50% - 50dvw)",
  "margins beyond the window": "margin-inline: -60rem",
  "margins as wide as the window": "margin-inline: calc(50% - 50vw)",
  "a shadow": "box-shadow: 0 0 0 100vmax var(--band); clip-path: inset(0 -100vmax)",
  "a border image": "border-image: linear-gradient(#f0f, #f0f) fill 0 // 0 100vw",
};
const CENTRED = Object.keys(BLEEDS).filter((name) => !/shadow|image/.test(name));
const band = '<div id="band" style="height: 120px">words</div>';
const body = block("a", `<h1>Top</h1><p id="text" data-pathmx-beat="a:step-0" data-pathmx-beat-kind="step">Some text</p>${band}<p data-pathmx-beat="a:step-1" data-pathmx-beat-kind="step">More</p>`) + block("hero", '<h2>As a Block</h2><p data-pathmx-beat="hero:step-0">x</p>');
const css = (rules) => `<style>:root { --band: #f0f } #band { background: var(--band); ${rules} } .pmx-document > #hero { max-width: none; background: var(--band); ${rules} }</style>`;

const FILES = {};
const reader = readerOf(FILES);
let tab;

async function open(rules, query = "", options = {}, more = {}) {
  FILES["/"] = page("Bleed", body, { head: css(rules), ...more });
  tab = await reader.open(query, { reducedMotion: "reduce", viewport: { width: 1280, height: 800 }, ...options });
}
/** How far a page can be scrolled sideways, to either side. */
const sideways = () => tab.evaluate(() => {
  const scroller = document.scrollingElement;
  const reached = [1e5, -1e5].map((left) => (scroller.scrollTo({ left, behavior: "instant" }), scroller.scrollLeft));
  return [...reached, scroller.scrollWidth - scroller.clientWidth];
});

for (const [name, rules] of Object.entries(BLEEDS)) {
  test(`beside the list of pages: ${name}`, async () => {
    for (const width of [1000, 1280, 1920]) {
      await open(rules, "", { viewport: { width, height: 800 } });
      assert.deepEqual(await sideways(), [0, 0, 0], `${width}`);
      const under = await tab.evaluate(() => {
        const nav = document.querySelector(".pmx-site-nav").getBoundingClientRect(), found = [];
        for (const id of ["band", "hero"]) {
          const { top, height } = document.getElementById(id).getBoundingClientRect();
          for (let x = 1; x < nav.right - 1; x += 20) if (document.elementsFromPoint(x, top + height / 2).some((el) => el.closest("main"))) found.push([id, x]);
        }
        return found;
      });
      assert.deepEqual(under, [], `${width}`);
      await tab.context().close();
    }
  });

  test(`without such a list, and on a phone: ${name}`, async () => {
    for (const [width, bare] of [[1280, true], [390, false]]) {
      await open(rules, "", { viewport: { width, height: 844 } }, { bare });
      assert.deepEqual(await sideways(), [0, 0, 0], `${width}`);
      await tab.context().close();
    }
  });
}

test("nothing of it is painted where the list of pages is", async () => {
  for (const name of ["100vw and a margin of half the rest", "a shadow", "a border image"]) {
    await open(BLEEDS[name]);
    const { y, height } = await tab.locator("#band").boundingBox(), nav = await tab.locator(".pmx-site-nav").boundingBox();
    const picture = await tab.screenshot({ clip: { x: 0, y, width: Math.floor(nav.x + nav.width), height } });
    const painted = await tab.evaluate(async (data) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
      const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
      canvas.drawImage(image, 0, 0);
      const { data: pixels } = canvas.getImageData(0, 0, image.width, image.height);
      let count = 0;
      for (let at = 0; at < pixels.length; at += 4) if (pixels[at] > 200 && pixels[at + 1] < 80 && pixels[at + 2] > 200) count += 1;
      return count;
    }, picture.toString("base64"));
    assert.equal(painted, 0, name);
    await tab.context().close();
  }
});

for (const presentation of ["flow", "slides"]) {
  test(`in Play it stands in the middle of the window, as does the text: ${presentation}`, async () => {
    for (const name of CENTRED) {
      for (const width of [390, 1280, 1920]) {
        await open(BLEEDS[name], "?play=a:step-0", { viewport: { width, height: 800 } }, { document: ` data-pathmx-presentation="${presentation}"` });
        for (const id of ["band", "text"]) {
          const box = await tab.locator(`#${id}`).boundingBox();
          assert.ok(Math.abs(box.x + box.width / 2 - width / 2) <= 1, `${name}, ${id}, ${width}: ${JSON.stringify(box)}`);
        }
        assert.deepEqual(await sideways(), [0, 0, 0], `${name}, ${width}`);
        await tab.mouse.move(width / 2, 200);
        await tab.mouse.wheel(300, 0);
        await tab.evaluate(() => new Promise((seen) => requestAnimationFrame(() => requestAnimationFrame(seen))));
        assert.equal(await tab.evaluate(() => document.querySelector("#a").scrollLeft), 0, name);
        await tab.context().close();
      }
    }
  });
}

test("marks of the active Beat and outlines of the focus are not cut off", async () => {
  await open("", "?play=a:step-0");
  const [main, text] = [await tab.locator("main").boundingBox(), await tab.locator("#text").boundingBox()];
  assert.ok(text.x - main.x >= 16);
  await tab.keyboard.press("Escape");
  const [area, there] = [await tab.locator("main").boundingBox(), await tab.locator("#text").boundingBox()];
  assert.ok(there.x - area.x >= 16);
});

const CELLS = Array.from({ length: 20 }, (_, n) => `<td>Column&nbsp;${n}</td>`).join("");
const WIDE = {
  "a table in a section": `<section><table><tr>${CELLS}</tr></table></section>`,
  "a table in boxes of an author": `<div class="card"><div><table style="width: 100%"><tr>${CELLS}</tr></table></div></div>`,
  "a table in a quote": `<blockquote><table><tr>${CELLS}</tr></table></blockquote>`,
  "a table in a list": `<ul><li><table><tr>${CELLS}</tr></table></li></ul>`,
  "words in a row": `<div style="display: flex">${"<b>Word&nbsp;in&nbsp;a&nbsp;row</b>".repeat(20)}</div>`,
  "cards in a row, in a box": `<div><div style="display: flex"><div style="flex: none; width: 1800px">card</div></div></div>`,
  "a grid of fixed columns": `<div style="display: grid; grid-template-columns: repeat(12, 160px)">${"<b>Cell</b>".repeat(12)}</div>`,
  "a box of a fixed width": `<div style="width: 2000px"><p style="width: 1900px">words</p></div>`,
  "a long formula in an item": `<ul><li>So <span class="pmx-math"><math><mrow>${"<msub><mi>a</mi><mn>1</mn></msub><mo>+</mo>".repeat(90)}</mrow></math></span> it is.</li></ul>`,
  "code in a grid": `<div style="display: grid; grid-template-columns: auto 1fr"><i>1</i><div><span style="white-space: nowrap"><i>first</i> ${"word ".repeat(300)}<i>last</i></span></div></div>`,
  "a long formula in a line": `<p>So <math><mrow>${"<msub><mi>a</mi><mn>1</mn></msub><mo>+</mo>".repeat(90)}</mrow></math> it is.</p>`,
  "words in a line": `<p>So <em><span style="white-space: nowrap"><i>first</i> ${"word ".repeat(300)}<i>last</i></span></em> it is.</p>`,
  "words in a heading": `<h2><span style="white-space: nowrap"><i>first</i> ${"word ".repeat(300)}<i>last</i></span></h2>`,
  // The Block itself scrolls.
  "a box with a least width": `<div style="min-width: 2000px">words</div>`,
};
const LEAVES = "td, b, [style*=width], i, mo";
for (const [dir, width, query, presentation] of [["ltr", 390, ""], ["ltr", 1280, ""], ["rtl", 390, ""], ["ltr", 1280, "?play=a:step-0", "slides"], ["ltr", 390, "?play=a:step-0", "flow"]]) {
  test(`what is wider than its room, and begins where the text does, can be scrolled to both ends: ${dir}, ${width} ${presentation ?? ""}`, async () => {
    const kinds = Object.entries(WIDE).map(([name, html], n, { length }) => [n + 1 === length, `<div data-kind="${name}">${html}</div>`]);
    const part = (own) => kinds.filter(([alone]) => alone === own).map(([, html]) => html).join("");
    const body = block("a", `<h1 data-pathmx-beat="a:step-0" data-pathmx-beat-kind="step">Top</h1>${part(false)}`) + block("b", part(true));
    FILES["/"] = page("Wide", body, { document: presentation ? ` data-pathmx-presentation="${presentation}"` : "" }).replace("<html", `<html dir="${dir}"`);
    tab = await reader.open(query, { reducedMotion: "reduce", viewport: { width, height: 800 } });
    await tab.waitForFunction(() => document.querySelector(".pmx-sideways"));
    assert.deepEqual(await sideways(), [0, 0, 0]);
    const found = await tab.evaluate((leaves) => [...document.querySelectorAll("[data-kind]")].filter((kind) => kind.offsetWidth).map((kind) => {
      const inside = [...kind.querySelectorAll(leaves)], scrolls = kind.querySelector(".pmx-sideways") ?? kind.closest(".pmx-sideways");
      const edges = () => inside.map((leaf) => leaf.getBoundingClientRect());
      const before = edges(), seen = [Infinity, -Infinity];
      for (const left of [-1e5, 1e5]) {
        if (scrolls) scrolls.scrollLeft = left;
        if (left < 0) seen[0] = Math.min(...edges().map((edge) => edge.left));
        else seen[1] = Math.max(...edges().map((edge) => edge.right));
      }
      const { left, right } = kind.closest("main").getBoundingClientRect();
      return [kind.dataset.kind, before.some((edge) => edge.left < left - 1 || edge.right > right + 1), seen[0] >= left - 1, seen[1] <= right + 1, scrolls?.tabIndex];
    }), LEAVES);
    assert.ok(found.length >= 13);
    // Marks of a list stand outside of its items.
    assert.equal(await tab.evaluate(() => [...document.querySelectorAll("li.pmx-sideways")].length), 0);
    for (const what of found) assert.deepEqual(what.slice(1), [true, true, true, 0], what[0]);
  });
}

test("what an author places by himself lies over no list of pages", async () => {
  for (const rules of ["position: absolute; left: 0; width: 100vw", "position: absolute; inset-inline: 0", "position: absolute; right: 0; width: 200vw"]) {
    await open(rules);
    const [nav, box] = [await tab.locator(".pmx-site-nav").boundingBox(), await tab.locator("#band").boundingBox()];
    const over = await tab.evaluate(({ x, y }) => document.elementsFromPoint(x, y).some((el) => el.id === "band"), { x: nav.x + nav.width - 8, y: box.y + box.height / 2 });
    assert.equal(over, false, rules);
    assert.deepEqual(await sideways(), [0, 0, 0], rules);
    await tab.context().close();
  }
});
