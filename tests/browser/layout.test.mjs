// A course as it is built, with many kinds of content: blocks keep one rhythm, columns fit what is in them, nothing of the frame lies over what
// an author wrote, and titles that run the other way are read from their start.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { Dev } from "./dev.mjs";

/** Kinds of blocks, as they are written. */
const KINDS = {
  paragraph: "Words of a text.",
  note: "> [!NOTE]\n> A note.",
  tip: "> [!TIP]\n> A tip.",
  code: "```js\nconst a = 1;\n```",
  titled: '```js title="a.js"\nconst a = 1;\n```',
  raw: "<pre>raw\npre</pre>",
  table: "| a | b |\n| - | - |\n| 1 | 2 |",
  html: "<table><tr><td>1</td><td>2</td></tr></table>",
  figure: '<figure><img src="./picture.svg" alt="A picture"><figcaption>Caption</figcaption></figure>',
  picture: "![A picture](./picture.svg)",
  diagram: "```mermaid\nflowchart LR\n  A --> B\n```",
  formula: "$$\na^2\n$$",
  details: "<details><summary>More</summary>\n\nInside.\n\n</details>",
  quote: "> Quoted.",
  list: "- one\n- two",
  numbers: "1. one\n\n2. two",
  tasks: "- [ ] one\n- [x] two",
};
/** A text in which every kind follows every other one and itself; headings begin anew. */
const everyPair = () => {
  const names = Object.keys(KINDS), parts = [];
  for (const first of names) for (const second of names) {
    // Two lists in a row are one.
    if (["list", "numbers", "tasks", "quote"].includes(first) && first === second) continue;
    if ([first, second].every((kind) => ["list", "tasks"].includes(kind))) continue;
    if (first === "paragraph" && second === "html") continue;
    parts.push(KINDS[first], KINDS[second], `#### ${first}, ${second}`);
  }
  return parts.join("\n\n");
};
const PAIRS = everyPair();
const indented = (text, by) => text.replace(/^(?=.)/gm, by);
const LONG = "The class has solved the tasks about spread well, but takes more time for diagrams and their axes.";
const row = (cells) => `| ${cells.join(" | ")} |`;
const tableOf = (...rows) => [row(rows[0]), row(rows[0].map(() => "-")), ...rows.slice(1).map(row)].join("\n");
const TABLES = [
  tableOf([..."abcdefghijkl"], [..."123456789012"]),
  tableOf(["Nr", "Word", "What it means"], ["1", "Median", LONG], ["2", "Standard deviation", LONG]),
  tableOf(["Nr", "Class", "Count", "Mean", "Remark on the lesson", "Grade", "Points", "Example in the lesson"], ["1", "9a", "24", "4.3", LONG, "5", "28", LONG], ["2", "9b", "23", "4.1", "Again.", "4", "25", "Coins"]),
  `<table><tr>${Array.from({ length: 24 }, (_, n) => `<td>Column ${n}</td>`).join("")}</tr></table>`,
].join("\n\n");
const POSITIONS = { static: "", sticky: "position: sticky; top: 0;", fixed: "position: fixed; top: 0; left: 0; right: 0;", below: "position: fixed; bottom: 0; left: 0; right: 0;" };
const layout = (position) => `<style>.own { ${position} display: flex; justify-content: space-between; padding: 14px 8px; background: #234; color: #fff; z-index: 5 } .own a { color: #fff } .side { float: right; width: 14rem } @media (width < 60rem) { .side { float: none } }</style>
<header class="own"><a href="./index.path.md">Statistics 9b</a> <nav><a href="./tables.md">Tables</a> <a href="./page.md">Sign in</a></nav></header>
<aside class="side"><p>Beside the text there is more of the layout.</p><p><a href="./tables.md">And a link.</a></p></aside>
<main><x-source-content /></main>
<x-source-references />
`;
const words = (count) => Array(count).fill("Some words that are enough to be read on more than one line of a narrow screen.").join("\n\n");
const AR = "هل هذه مقدمة طويلة جدا في الإحصاء للمعلمين والمعلمات؟", DE = "Was sind die Grundlagen der Statistik für Lehrerinnen und Lehrer?";
const COURSE = {
  "index.path.md": `---\nlang: de\n---\n\n# ${DE}\n\n## ${DE}\n\n- [x](./page.md)\n- [x](./foreign.md)\n- [x](./tables.md)\n- [x](./more.md)\n\n## More\n\n${["include", "item", "quote", "component", "layout", ...Object.keys(POSITIONS).map((name) => `own-${name}`)].map((name) => `- [x](./${name}.md)`).join("\n")}\n`,
  "page.md": `# Page\n\n${PAIRS}\n`,
  "include.md": "# Include\n\n[@include: Page](./page.md)\n",
  "item.md": `# Item\n\n1. A text\n\n${indented(PAIRS, "   ")}\n`,
  "quote.md": `# Quote\n\n${indented(PAIRS, "> ").replace(/^$/gm, ">")}\n`,
  "component.md": `# Component\n\n[@box]: ./box.components.md\n\n<x-box>\n\n${PAIRS}\n\n</x-box>\n`,
  "box.components.md": "<!-- componentName: x-box -->\n\n```html\n<section><slot></slot></section>\n```\n",
  "own.layout.md": `<main><x-source-content /></main>\n\n${PAIRS}\n`,
  "layout.md": "# Layout\n\n[@layout]: ./own.layout.md\n",
  "tables.md": `# Tables\n\n${TABLES}\n`,
  "foreign.md": `---\nlang: ar\nrelated: [./more.md]\n---\n\n# ${AR}\n\n[x](./page.md)\n\n## ${DE}\n\n${words(9)}\n\n## ${AR}\n\n${words(9)}\n`,
  "more.md": `# ${DE}\n\n[x](./foreign.md)\n\n## ${AR}\n\n${words(9)}\n\n## Two\n\n${words(5)}\n`,
  "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="80"><rect width="300" height="80"/></svg>',
  ...Object.fromEntries(Object.entries(POSITIONS).flatMap(([name, css]) => [[`${name}.layout.md`, layout(css)], [`own-${name}.md`, `# Own\n\n[@layout]: ./${name}.layout.md\n\n## One\n\n${words(12)}\n\n## Two\n\n[Page](./page.md)\n\n${words(12)}\n`]])),
};

let browser, folder, dev;
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "pmx-layout-"));
  await mkdir(join(folder, "de/paths"), { recursive: true });
  for (const [name, text] of Object.entries(COURSE)) await writeFile(join(folder, "de/paths", name), text);
  dev = await Dev.start(join(folder, "de"), join(folder, "state"), { site: ["--site", "de"] });
});
after(async () => {
  await dev.stop();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

async function on(path, width, look, options = {}) {
  const phone = width < 768;
  const context = await browser.newContext({ viewport: { width, height: 800 }, reducedMotion: "reduce", hasTouch: phone, isMobile: phone, ...options });
  try {
    const tab = await context.newPage();
    tab.setDefaultTimeout(20_000);
    await tab.addInitScript(() => {
      window.shifts = [];
      new PerformanceObserver((list) => list.getEntries().forEach((entry) => shifts.push([entry.value, ...entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 80))]))).observe({ type: "layout-shift", buffered: true });
    });
    await tab.goto(dev.url + path);
    if (options.javaScriptEnabled !== false) {
      await tab.waitForFunction(() => window.pmx?.chrome?.querySelector(".bar") && document.readyState === "complete" && pmx.floating.rests);
      await tab.keyboard.press("Shift");
    }
    return await look(tab);
  } finally {
    await context.close();
  }
}
const settled = async (tab) => {
  await tab.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await tab.waitForFunction(() => pmx.floating.rests);
};

const CONTAINERS = { page: ".pmx-block", include: ".pmx-include", item: ".pmx-block > ol > li", quote: ".pmx-block > blockquote", component: "[data-pathmx-component]", layout: ".pmx-layout" };
for (const [name, selector] of Object.entries(CONTAINERS)) {
  test(`blocks that follow each other have the same distance, whatever they are: ${name}`, async () => {
    for (const width of [390, 1280]) {
      for (const javaScriptEnabled of [true, false]) {
        const gaps = await on(`/${name}`, width, (tab) => tab.evaluate((selector) => {
          const found = [], what = (block) => `${block.localName}.${block.className}`;
          for (const holder of document.querySelectorAll(selector)) {
            const blocks = [...holder.children].filter((block) => block.getBoundingClientRect().height);
            for (const [n, block] of blocks.slice(1).entries()) {
              if ([block, blocks[n]].some((one) => one.matches("h1, h2, h4, main, .pmx-links"))) continue;
              found.push([block.getBoundingClientRect().top - blocks[n].getBoundingClientRect().bottom, `${what(blocks[n])} + ${what(block)}`]);
            }
          }
          return found;
        }, selector), { javaScriptEnabled });
        assert.ok(gaps.length > 200, `${name}: ${gaps.length}`);
        const odd = gaps.filter(([gap]) => Math.abs(gap - gaps[0][0]) > 0.6 || gap < 16 || gap > 21);
        assert.deepEqual(odd, [], `${name} at ${width}: ${odd.length}; the first is ${gaps[0][0]}`);
      }
    }
  });
}

test("columns have the room that their texts need: digits little, long texts lines that can be read; what is too wide scrolls by itself", async () => {
  for (const width of [320, 390, 800, 1280]) {
    const [digits, words, many, html, wide] = await on("/tables", width, (tab) => tab.evaluate(() => [
      ...[...document.querySelectorAll(".pmx-block table")].map((table) => {
        const box = table.closest(".pmx-table-scroll") ?? table, widths = [...table.rows[table.rows.length - 1].cells].map((cell) => cell.getBoundingClientRect().width);
        box.scrollLeft = 1e5;
        const { left, right } = box.getBoundingClientRect(), last = [...table.rows[0].cells].at(-1).getBoundingClientRect();
        return { widths, box: right - left, inside: right <= innerWidth && last.right <= right + 1, scrolls: box.scrollLeft > 0, tab: box.tabIndex };
      }),
      document.documentElement.scrollWidth - document.documentElement.clientWidth,
    ]));
    assert.equal(wide, 0, `${width}`);
    for (const table of [digits, words, many, html]) assert.ok(table.inside && (!table.scrolls || table.tab === 0), `${width}: ${JSON.stringify(table)}`);
    for (const digit of [...digits.widths, words.widths[0], ...[0, 1].map((at) => many.widths[at])]) assert.ok(digit < 72, `${width}: ${JSON.stringify([digits, words, many])}`);
    const [, , text] = words.widths;
    assert.ok(text > 100 && text > words.widths[0] * 2, `${width}: ${words.widths}`);
    for (const at of [4, 7]) assert.ok(many.widths[at] >= 104 && many.widths[at] > many.widths[2], `${width}: ${many.widths}`);
    assert.equal(digits.scrolls, width < 500 && digits.box < 340, `${width}: ${JSON.stringify(digits)}`);
    assert.ok(html.scrolls, `${width}: ${JSON.stringify(html)}`);
    if (width === 1280) assert.ok(text > 350 && !words.scrolls, `${words.widths}`);
  }
});

/** What an author wrote that something else lies over, of what can be seen. */
const covered = (tab) => tab.evaluate(() => {
  const found = [], walk = document.createTreeWalker(document.querySelector(".pmx-layout"), NodeFilter.SHOW_TEXT);
  for (let node; (node = walk.nextNode()); ) {
    const own = node.parentElement;
    if (!node.data.trim() || !own.checkVisibility() || own.closest("style, .pmx-document")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right, top, bottom } of range.getClientRects()) {
      const y = (top + bottom) / 2;
      if (y < 0 || y > innerHeight) continue;
      for (const x of [left + 1, (left + right) / 2, right - 1]) {
        const over = document.elementFromPoint(x, y);
        if (over && !over.closest(".pmx-layout")) found.push([node.data.trim(), over.className]);
      }
    }
  }
  return found;
});
for (const position of Object.keys(POSITIONS)) {
  test(`nothing of the frame lies over the header of a layout or what is beside the text: ${position}`, async () => {
    for (const width of [320, 390, 800, 1280, 1600]) {
      await on(`/own-${position}`, width, async (tab) => {
        for (const y of [0, 500, 1e5, 300]) {
          await tab.evaluate((y) => scrollTo({ top: y, behavior: "instant" }), y);
          await settled(tab);
          // Text that is not kept in its place goes away by scrolling.
          const kept = (await covered(tab)).filter(([text]) => position !== "static" || y === 0 || !/^(Alle|Linked|Page)/.test(text));
          assert.deepEqual(kept, [], `${width}, at ${y}`);
        }
        await tab.evaluate(() => (scrollTo({ top: 0, behavior: "instant" }), pmx.play.enter()));
        await settled(tab);
        assert.deepEqual(await covered(tab), [], `${width}, in Play`);
        const bar = await tab.locator(".bar").boundingBox();
        assert.ok(bar.y >= 0 && bar.y + bar.height <= 801, JSON.stringify(bar));
        const active = await tab.evaluate(() => (pmx.play.go(pmx.play.stops[6]), document.querySelector("[data-pathmx-play-state=active]").getBoundingClientRect().toJSON()));
        assert.ok(active.top >= 40 || position === "below", JSON.stringify(active));
      });
    }
  });
}

test("search and colours of a page with a layout are in the bar; keys are named to who has them", async () => {
  for (const width of [390, 1280]) {
    await on("/own-sticky", width, async (tab) => {
      const find = tab.locator(".bar .find");
      assert.ok((await find.boundingBox()).height >= (width < 768 ? 44 : 38));
      await find.click();
      await tab.waitForFunction(() => pmx.chrome.querySelector("dialog.search[open]"));
      assert.equal(await tab.locator(".search .keys").isVisible(), width > 768);
      await tab.keyboard.press("Escape");
      if (width < 768) await tab.getByRole("button", { name: "Page actions" }).tap();
      assert.ok(await tab.locator(".bar .tool").isVisible());
    });
  }
  for (const hasTouch of [true, false]) {
    await on("/page", 800, async (tab) => assert.equal(await tab.locator(".find kbd").isVisible(), !hasTouch), { hasTouch, isMobile: hasTouch });
  }
});

/** Of each text: whether its first letter can be seen, and whether its last sign stands where the text ends. */
const read = (tab, selectors) => tab.evaluate((selectors) => {
  const roots = [document, ...[...document.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean)], found = [];
  for (const selector of selectors) {
    for (const holder of roots.flatMap((root) => [...root.querySelectorAll(selector)])) {
      const walk = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT), letters = [];
      for (let node; (node = walk.nextNode()); ) for (let at = 0; at < node.data.length; at++) letters.push([node, at]);
      const text = holder.textContent.trim();
      if (!/[?؟]$/.test(text) || !holder.checkVisibility({ visibilityProperty: true })) continue;
      const rect = ([node, at]) => {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        return range.getBoundingClientRect();
      };
      const [before, last] = letters.slice(-2).map(rect), first = rect(letters[0]), box = holder.getBoundingClientRect();
      const rtl = text.endsWith("؟");
      found.push([selector, text.slice(0, 12), first.left >= box.left - 2 && first.right <= box.right + 2, Math.abs(last.top - before.top) > 4 || (rtl ? last.left < before.left + 1 : last.left > before.left - 1)]);
    }
  }
  return found;
}, selectors);
const TITLES = [".pmx-site-title", ".pmx-site-nav a", ".pmx-site-section", ".pmx-pager bdi", ".pmx-links a", ".contents span", ".sheet span", ".where .title", ".search .title", ".edge .text"];
test("titles that run the other way than the page start at their start, and their last sign is at their end", async () => {
  for (const width of [320, 390, 1280]) {
    for (const path of ["/foreign", "/more"]) {
      await on(path, width, async (tab) => {
        const wrong = [], seen = new Set();
        const look = async () => {
          for (const [selector, text, starts, ends] of await read(tab, TITLES)) {
            seen.add(selector);
            if (!starts || !ends) wrong.push([selector, text, starts, ends]);
          }
        };
        if (width < 960) await tab.click(".pmx-site-menu > summary");
        await look();
        if (width < 960) await tab.click(".pmx-site-menu > summary");
        await tab.evaluate(() => pmx.openContents());
        await look();
        await tab.keyboard.press("Escape");
        await tab.evaluate(() => pmx.search.open());
        for (const asked of ["Grundlagen", "مقدمة"]) {
          await tab.locator(".search input").fill(asked);
          await tab.waitForFunction(() => pmx.chrome.querySelector("[role=option]"));
          await look();
        }
        await tab.keyboard.press("Escape");
        await tab.evaluate(() => pmx.play.enter());
        await look();
        await tab.evaluate(() => (pmx.play.last(), pmx.play.forward()));
        await look();
        assert.deepEqual(wrong, [], `${path} at ${width}`);
        for (const selector of [".pmx-site-title", ".pmx-site-nav a", ".pmx-site-section", ".pmx-links a", ".sheet span", ".where .title", ".search .title"]) assert.ok(seen.has(selector), `${selector} at ${width} on ${path}: ${[...seen]}`);
      });
    }
  }
});

test("nothing moves while a page loads", async () => {
  for (const width of [320, 390, 800, 1280]) {
    for (const path of ["/more", "/tables", "/own-static"]) {
      const shifts = await on(path, width, async (tab) => (await settled(tab), tab.evaluate(() => shifts)));
      assert.deepEqual(shifts.filter(([value]) => value > 0.002), [], `${path} at ${width}`);
    }
  }
});
