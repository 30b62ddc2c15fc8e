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
