// Diagrams that the build left to the browser: drawn by Mermaid in the colours of the page, and text wherever that cannot be.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { DEADLINE, launch } from "./browser.mjs";
import { block, page, PlayerSite } from "./player-site.mjs";

const MERMAID = new URL("../../site/src/browser/mermaid/", import.meta.url);
const VENN = 'venn-beta\nset A["Design"]\nset B["Code"]\nunion A,B["Craft"]';

let browser, script, site, tab;
before(async () => {
  browser = await launch();
  script = gunzipSync(await readFile(new URL("mermaid.min.js.gz", MERMAID))) + "\n" + (await readFile(new URL("draw.js", MERMAID), "utf8"));
});
after(() => browser.close());
afterEach(async () => {
  await tab?.context().close();
  await site?.close();
  tab = site = undefined;
});

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
const figure = (text) => `<figure class="pmx-mermaid" data-pmx-diagram><div class="pmx-code-block" data-language="mermaid"><pre class="shiki"><code class="language-mermaid">${text
  .split("\n").map((line) => `<span class="line">${escaped(line)}</span>`).join("\n")}</code></pre></div></figure>`;

async function start(diagrams, options) {
  const body = block("one", `<h1>Diagrams</h1>${diagrams.map(figure).join("")}`);
  site = await PlayerSite.start({
    "/": page("Diagrams", body, { head: '<script defer src="/assets/mermaid.js"></script>' }),
    "/assets/mermaid.js": script,
    "/sources.json": { sources: {} },
  });
  tab = await (await browser.newContext(options)).newPage();
  tab.setDefaultTimeout(DEADLINE);
  tab.problems = [];
  tab.asked = [];
  tab.on("pageerror", (error) => tab.problems.push(String(error)));
  tab.on("request", (request) => tab.asked.push(request.url()));
  await tab.goto(site.url);
  return tab;
}

const SCREEN = ".pmx-mermaid-screen > svg";
const fill = (selector) => tab.$eval(selector, (node) => getComputedStyle(node).fill);

test("a diagram is drawn in the colours of the page, and again where these change", async () => {
  await start([VENN, 'treeView-beta\n  "project"\n    "src"'], { colorScheme: "light" });
  await tab.waitForFunction(() => document.querySelectorAll("[data-pmx-drawn]").length === 2);
  assert.equal(await tab.isVisible(".pmx-mermaid .pmx-code-block"), false);
  assert.match(await tab.textContent(SCREEN), /Craft/);
  assert.equal(await tab.getAttribute(SCREEN, "role"), "img");
  assert.ok(await tab.getAttribute(SCREEN, "aria-label"));
  const ids = await tab.$$eval("[id]", (all) => all.map((node) => node.id));
  assert.equal(new Set(ids).size, ids.length, `ids are unique: ${ids}`);
  const text = `${SCREEN} text`;
  const before = await fill(text);
  await tab.emulateMedia({ colorScheme: "dark" });
  await tab.waitForFunction(([selector, was]) => getComputedStyle(document.querySelector(selector)).fill !== was, [text, before]);
  await tab.emulateMedia({ media: "print" });
  assert.equal(await tab.isVisible(SCREEN), false);
  assert.ok(await tab.isVisible(".pmx-mermaid-paper > svg"));
  const [red] = (await fill(".pmx-mermaid-paper > svg text")).match(/\d+/g).map(Number);
  assert.ok(red < 110, `${red}: dark on paper`);
  assert.deepEqual(tab.problems, []);
});

test("without scripts, and where Mermaid cannot read it, a diagram is its text", async () => {
  await start([VENN], { javaScriptEnabled: false });
  assert.ok(await tab.isVisible("text=venn-beta"));
  await tab.context().close();
  await site.close();
  await start(["flowchart LR\n  A[open --> B"]);
  await tab.waitForSelector(".pmx-mermaid-failed");
  assert.ok(await tab.isVisible("text=A[open"));
  assert.equal(await tab.locator("svg[id^=pmx-mermaid], body > [id^=dpmx-mermaid]").count(), 0, "nothing is left behind");
  assert.deepEqual(tab.problems, []);
});

test("a stranger's diagram runs nothing, loads nothing, and does not change the page", async () => {
  await start([
    '%%{init: {"securityLevel": "loose", "themeCSS": "* { display: none !important }", "secure": []}}%%\nflowchart LR\n  A["<img src=/x.png onerror=window.bad=1>"] --> B["<script>window.bad=1</script><video src=/y.mp4><b style=background:url(/z.png)>z</b>"]\n  click A call alert()\n  click B "javascript:window.bad=1"',
    'flowchart LR\n  A@{ img: "https://example.invalid/p.png", label: "x" }\n  B@{ shape: rect }\n  style B fill:#fff',
    "flowchart LR\n  A --> B\n  classDef z fill:url(https://example.invalid/a.svg#x)\n  class A z",
  ]);
  await tab.waitForFunction(() => [...document.querySelectorAll("figure")].every((one) => "pmxDrawn" in one.dataset || one.querySelector(".pmx-mermaid-failed")));
  assert.equal(await tab.evaluate(() => window.bad), undefined);
  assert.equal(await tab.locator(".pmx-mermaid :is(script, img, image, iframe), .pmx-mermaid a[href^='javascript']").count(), 0);
  const shown = await tab.$$eval(".pmx-mermaid-screen", (all) => all.map((one) => one.innerHTML).join(""));
  assert.ok(!shown.includes("example.invalid"), shown);
  assert.ok(await tab.isVisible("h1"));
  assert.deepEqual(tab.asked.filter((url) => !/\/(assets\/.*|sources\.json)?$/.test(url)), [], "no request for anything of theirs");
});

test("a diagram that an update of the page brings or changes is drawn, too", async () => {
  await start([VENN]);
  await tab.waitForSelector("[data-pmx-drawn]");
  await tab.$eval("figure code", (code) => {
    code.textContent = 'venn-beta\nset A["Other"]';
    document.dispatchEvent(new CustomEvent("pmx:updated"));
  });
  await tab.waitForFunction((selector) => document.querySelector(selector)?.textContent.includes("Other"), SCREEN);
  assert.equal(await tab.locator(SCREEN).count(), 1);
});
