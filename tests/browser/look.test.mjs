// What the base style sheet promises: readable in both schemes, at every width, and out of the way of authored CSS.
import assert from "node:assert/strict";
import { readFile, stat } from "node:fs/promises";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";

const THEME = new URL("../../site/src/browser/", import.meta.url);
const KIB = 1024;

let browser, css;
before(async () => {
  browser = await launch();
  css = await readFile(new URL("base.css", THEME), "utf8");
});
after(() => browser.close());

const links = Array.from({ length: 30 }, (_, n) => `<li><a href="#${n}"${n ? "" : ' aria-current="page"'}>Page ${n}</a></li>`).join("");
const frame = (body, style = "") => `<!DOCTYPE html><html lang="en"><head><meta name="viewport" content="width=device-width, initial-scale=1"><style>${css}</style><style>${style}</style></head><body>
<a class="pmx-skip" href="#main">Skip</a>
<header class="pmx-site-header"><a class="pmx-site-title" href="#">A site with a title that is rather long for a phone</a>
<details class="pmx-site-menu"><summary>Pages</summary><nav class="pmx-site-nav" aria-label="Pages"><ul>${links}</ul></nav></details></header>
<main id="main"><article class="pmx-document"><section class="pmx-block pmx-prose" id="one">${body}</section></article>
<nav class="pmx-pager"><a rel="prev" href="#">Before</a><a rel="next" href="#">After</a></nav></main>
<footer class="pmx-site-footer"><p>Foot</p></footer></body></html>`;

const WIDE = `<h1>Heading</h1><p>Lead <code>${"long".repeat(40)}</code></p><pre><code>${"wide ".repeat(60)}</code></pre>
<div class="pmx-table-scroll"><table><tr>${"<th>Column heading</th>".repeat(12)}</tr></table></div><p>${"unbroken".repeat(30)}</p>
<img alt="" width="2000" height="10" src="data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>">`;

/** Runs `look` in a page of this HTML. */
async function inPage(html, options, look, argument) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  try {
    await page.setContent(html);
    return await look(page, argument);
  } finally {
    await context.close();
  }
}

test("the files stay small: every page carries them", async () => {
  for (const [name, most] of [["base.css", 21 * KIB], ["live.js", 9 * KIB], ["favicon.svg", KIB]]) {
    const { size } = await stat(new URL(name, THEME));
    assert.ok(size < most, `${name} has ${size} bytes, at most ${most} are allowed`);
  }
});

test("text has the contrast that WCAG AA asks for, in both schemes", async () => {
  const pairs = [
    ["fg", "bg"], ["fg", "surface"], ["muted", "bg"], ["muted", "surface"], ["link", "bg"], ["link", "surface"],
    ["accent", "bg"], ["danger", "bg"], ["accent-contrast", "accent"], ["focus", "bg"],
  ];
  for (const colorScheme of ["light", "dark"]) {
    const ratios = await inPage(frame("<p>x</p>"), { colorScheme }, (page) => page.evaluate((pairs) => {
      const probe = document.body.appendChild(document.createElement("i"));
      const luminance = (name) => {
        probe.style.color = `var(--pmx-color-${name})`;
        const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      return pairs.map(([a, b]) => {
        const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
        return [`${a} on ${b}`, (high + 0.05) / (low + 0.05)];
      });
    }, pairs));
    for (const [pair, ratio] of ratios) assert.ok(ratio >= 4.5, `${colorScheme}: ${pair} is ${ratio.toFixed(2)}`);
  }
});

test("nothing makes the page scroll sideways, from a small phone to a wide screen", async () => {
  for (const width of [320, 390, 768, 959, 960, 1280, 1920]) {
    const over = await inPage(frame(WIDE), { viewport: { width, height: 800 } }, (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth));
    assert.ok(over <= 0, `${over} pixels too wide at ${width}`);
  }
});

test("the pages are listed beside the text on a desktop, behind a button on a phone", async () => {
  const where = (page) => page.evaluate(() => {
    const nav = document.querySelector(".pmx-site-nav a").checkVisibility({ contentVisibilityAuto: true, checkVisibilityCSS: true });
    const summary = document.querySelector("summary").checkVisibility();
    return { nav, summary, beside: document.querySelector(".pmx-site-nav").getBoundingClientRect().right <= document.querySelector("h1").getBoundingClientRect().left };
  });
  const html = frame("<h1>x</h1>");
  assert.deepEqual(await inPage(html, { viewport: { width: 1280, height: 800 } }, where), { nav: true, summary: false, beside: true });
  await inPage(html, { viewport: { width: 390, height: 800 } }, async (page) => {
    assert.deepEqual(await page.evaluate(() => [document.querySelector(".pmx-site-nav a").checkVisibility(), document.querySelector("summary").checkVisibility()]), [false, true]);
    await page.click("summary");
    assert.ok(await page.isVisible(".pmx-site-nav a"));
  });
});

test("authored CSS wins with the weakest selector", async () => {
  const style = "* { margin: 0 } h1 { color: rgb(1, 2, 3); font-size: 11px } main { padding: 0 } :root { --pmx-color-bg: rgb(4, 5, 6) }";
  const got = await inPage(frame("<p>x</p><h1>y</h1>", style), { colorScheme: "dark" }, (page) => page.evaluate(() => {
    const { color, fontSize, marginTop } = getComputedStyle(document.querySelector("h1"));
    return [color, fontSize, marginTop, getComputedStyle(document.querySelector("main")).paddingTop, getComputedStyle(document.documentElement).backgroundColor];
  }));
  assert.deepEqual(got, ["rgb(1, 2, 3)", "11px", "0px", "0px", "rgb(4, 5, 6)"]);
});

test("an authored colour scheme overrides the system's", async () => {
  const html = frame("<p>x</p>").replace('<article class="pmx-document"', '<article class="pmx-document" data-pathmx-color-scheme="dark"');
  const ground = (page) => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  assert.equal(await inPage(html, { colorScheme: "light" }, ground), "rgb(16, 20, 21)");
  assert.equal(await inPage(html.replace("<html", '<html data-pathmx-color-scheme="light"').replace(/ data-pathmx-color-scheme="dark"/, ""), { colorScheme: "dark" }, ground), "rgb(255, 255, 255)");
});

test("paper is white and its text black, whatever theme, tokens and rules say", async () => {
  const print = await readFile(new URL("print.css", THEME), "utf8");
  const authored = `:root { --pmx-color-bg: #123; --pmx-color-fg: #eee; color-scheme: dark }
    body.night, #one { background: linear-gradient(#000, #222); color: #fff; --pmx-color-fg: yellow; filter: invert(1) }
    #one h2 { color: pink; background: navy; -webkit-text-fill-color: transparent } #one a { color: cyan } .note::before { content: "x"; color: red; background: blue }`;
  const body = `<h2>H</h2><p class="note" style="color: orange; background: #333">t <a href="#x">l</a> <mark>m</mark> <code>c</code></p>
    <pre><code><span class="hl-k">k</span></code></pre><table><tr><th>a</th></tr></table><blockquote>q</blockquote>`;
  const html = frame(body, `${print}</style><style>${authored}`).replace("<body", '<body class="night"').replace("<html", '<html data-pathmx-color-scheme="dark"');
  for (const colorScheme of ["light", "dark"]) {
    const [screen, paper] = await inPage(html, { colorScheme }, async (page) => {
      const look = () => page.evaluate(() => [...document.querySelectorAll("html, body, main, main article, #one, #one *")].flatMap((el) => [undefined, "::before"].map((part) => {
        const { color, backgroundColor, backgroundImage, filter, webkitTextFillColor } = getComputedStyle(el, part);
        return `${color} ${webkitTextFillColor} ${backgroundColor} ${backgroundImage} ${filter}`;
      })));
      const screen = await look();
      await page.emulateMedia({ media: "print", colorScheme });
      return [screen, await look()];
    });
    const black = "rgb(0, 0, 0) rgb(0, 0, 0)";
    for (const one of paper) assert.ok([`${black} rgba(0, 0, 0, 0) none none`, `${black} rgb(255, 255, 255) none none`].includes(one), one);
    assert.ok(screen.some((one) => one.includes("rgb(255, 192, 203)")), "the screen has the site's colours");
  }
});

test("keyboard users see where they are, and paper gets only the text", async () => {
  await inPage(frame("<p><a href='#'>link</a></p>"), {}, async (page) => {
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.className), "pmx-skip");
    assert.ok((await page.locator(".pmx-skip").boundingBox()).width > 40);
    assert.equal(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "solid");
    await page.emulateMedia({ media: "print" });
    for (const part of [".pmx-site-header", ".pmx-pager", ".pmx-site-footer"]) assert.ok(!(await page.isVisible(part)), part);
  });
});
