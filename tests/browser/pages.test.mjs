// The list of pages as it is built, and a site whose language runs from right to left: its frame is the mirror of the other.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "./browser.mjs";
import { Dev } from "./dev.mjs";

const LONG = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzgebungsverfahren";
const pages = (from, to) => Array.from({ length: to - from }, (_, n) => `- [x](./pages/p${from + n}.md)`).join("\n");
const words = (count, text = "Some words that are enough to be read on more than one line of a narrow screen.") => `${Array(count).fill(text).join("\n\n")}\n`;
const INDEX = `# A course\n\n[Before](./before.md)\n\n## Begin\n\n${pages(0, 10)}\n\n## Go on\n\n${pages(10, 14)}\n\n### In depth\n\n${pages(14, 24)}\n\n## ${LONG}\n\n${pages(24, 34)}\n\n## [Weeks](./weeks/index.path.md)\n\n${pages(34, 40)}\n\n## Only words\n\nNone.\n`;
const BODY = {
  ltr: `## One\n\n- item\n- [ ] task\n\n> quote\n\n\`\`\`js\nconst a = 1; // code\n\`\`\`\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n## Two\n\n`,
  rtl: `## واحد\n\n- بند\n- [ ] مهمة\n\n> اقتباس\n\n\`\`\`js\nconst a = 1; // code\n\`\`\`\n\n| أ | ب |\n| - | - |\n| 1 | 2 |\n\n## اثنان\n\n`,
};

let browser, folder;
const served = {};
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "pmx-pages-"));
  const front = { ltr: "", rtl: "---\nlang: ar\n---\n\n" };
  for (const dir of ["ltr", "rtl"]) {
    const files = { "index.path.md": INDEX, "before.md": `# Before\n\n${BODY[dir]}${words(30)}`, "weeks/index.path.md": "# Weeks\n\n## First\n\n- [Week](./one.md)\n", "weeks/one.md": `# Week one\n\n${words(4)}` };
    for (let n = 0; n < 40; n++) files[`pages/p${n}.md`] = `# ${n === 38 ? LONG : `Page ${n}`}\n\n${BODY[dir]}${words(30, dir === "rtl" ? "كلمات كثيرة تكفي لقراءتها في أكثر من سطر واحد على شاشة ضيقة." : undefined)}`;
    for (const [name, text] of Object.entries(files)) {
      const file = join(folder, dir, "paths", name);
      await mkdir(join(file, ".."), { recursive: true });
      await writeFile(file, front[dir] + text);
    }
    served[dir] = await Dev.start(join(folder, dir), join(folder, `${dir}-state`), { site: ["--site", dir] });
  }
});
after(async () => {
  for (const dev of Object.values(served)) await dev.stop();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** Runs `look` on a page of one of the two sites. */
async function on(dir, path, width, look, options = {}) {
  const phone = width < 768;
  const context = await browser.newContext({ viewport: { width, height: 800 }, reducedMotion: "reduce", hasTouch: phone, isMobile: phone, ...options });
  try {
    const tab = await context.newPage();
    tab.setDefaultTimeout(20_000);
    await tab.goto(served[dir].url + path);
    if (options.javaScriptEnabled !== false) await tab.waitForFunction(() => window.pmx?.chrome?.querySelector(".bar") && document.readyState === "complete");
    return await look(tab);
  } finally {
    await context.close();
  }
}

test("the list of pages has the entry, what stands before all headings, and the headings with what is below them", async () => {
  const outline = await on("ltr", "/pages/p15", 1280, (tab) => tab.evaluate(() => {
    const lines = (list, depth) => [...list.children].flatMap((item) => {
      const [first, ...rest] = item.children, here = first.getAttribute("aria-current") ? "*" : "";
      const name = first.localName === "a" ? first.textContent : `${first.textContent}:`;
      return [`${"  ".repeat(depth)}${here}${name}`, ...rest.flatMap((inner) => lines(inner, depth + 1))];
    });
    return lines(document.querySelector(".pmx-site-nav > ul"), 0);
  }));
  const listed = (from, to, depth) => Array.from({ length: to - from }, (_, n) => `${"  ".repeat(depth)}${from + n === 15 ? "*" : ""}Page ${from + n}`);
  assert.deepEqual(outline, ["A course", "Before", "Begin:", ...listed(0, 10, 1), "Go on:", ...listed(10, 14, 1), "  In depth:", ...listed(14, 24, 2), `${LONG}:`, ...listed(24, 34, 1), "Weeks", ...listed(34, 38, 1), `  ${LONG}`, ...listed(39, 40, 1)]);
});

test("a Path below has the headings of its own, and without a script the list is there all the same", async () => {
  const text = await on("ltr", "/weeks/one", 1280, (tab) => tab.locator(".pmx-site-nav li:has(> a[href$='/weeks'], > a[href*='weeks/index']) > ul").first().innerText(), { javaScriptEnabled: false });
  assert.match(text.replace(/\s+/g, " "), /^First Week one/);
});

test("all of the list can be reached, and nothing in it runs out of it, at every width", async () => {
  for (const dir of ["ltr", "rtl"]) {
    for (const width of [320, 390, 768, 1024, 1280, 1600]) {
      await on(dir, "/pages/p39", width, async (tab) => {
        if (width < 960) await tab.click(".pmx-site-menu > summary");
        const found = await tab.evaluate(() => {
          const nav = document.querySelector(".pmx-site-nav"), own = nav.getBoundingClientRect();
          nav.scrollTop = nav.scrollHeight;
          const last = [...nav.querySelectorAll("a")].at(-1).getBoundingClientRect();
          const out = [...nav.querySelectorAll("a, span")].filter((part) => part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right > own.right + 1 || part.getBoundingClientRect().left < own.left - 1);
          return { out: out.map((part) => part.textContent), last: last.bottom <= innerHeight, wide: document.documentElement.scrollWidth - document.documentElement.clientWidth };
        });
        assert.deepEqual(found, { out: [], last: true, wide: 0 }, `${dir} ${width}`);
      });
    }
  }
});

test("the page that one is on is in view in a long list, beside the text and in the menu of a phone", async () => {
  for (const [dir, width] of [["ltr", 1280], ["rtl", 1280], ["ltr", 390]]) {
    await on(dir, "/pages/p37", width, async (tab) => {
      if (width < 960) await tab.click(".pmx-site-menu > summary");
      await tab.waitForFunction(() => {
        const nav = document.querySelector(".pmx-site-nav").getBoundingClientRect(), here = document.querySelector(".pmx-site-nav [aria-current]").getBoundingClientRect();
        return here.height && here.top >= nav.top && here.bottom <= Math.min(nav.bottom, innerHeight);
      });
    });
  }
});

/** Where the parts of the frame are, each as its distance from the side at which lines start, and its width. */
const parts = (tab, selectors) => tab.evaluate((selectors) => {
  const width = document.documentElement.clientWidth, rtl = getComputedStyle(document.documentElement).direction === "rtl";
  const find = (selector) => [document, ...[...document.querySelectorAll("*")].map((node) => node.shadowRoot).filter(Boolean)].map((root) => root.querySelector(selector)).find((node) => node?.getClientRects().length);
  return Object.fromEntries(selectors.map((selector) => {
    const box = find(selector)?.getBoundingClientRect();
    return [selector, box && [Math.round(rtl ? width - box.right : box.left), Math.round(box.width)]];
  }));
}, selectors);

test("a page that runs from right to left is the mirror of one that runs from left to right", async () => {
  const FRAME = [".pmx-site-title", ".pmx-site-nav", ".pmx-site-nav ul", ".pmx-block", ".find", ".contents", ".bar", ".pmx-prose blockquote", ".pmx-prose li input", ".pmx-pager", "a[rel~=prev]", "a[rel~=next]"];
  for (const width of [390, 768, 1024, 1280, 1600]) {
    const [ltr, rtl] = await Promise.all(["ltr", "rtl"].map((dir) => on(dir, "/pages/p15", width, (tab) => parts(tab, FRAME))));
    for (const part of FRAME) {
      if (!ltr[part]) continue;
      const [start, size] = ltr[part], [mirrored, other] = rtl[part] ?? [];
      // Words have another width in another script; what they make wide starts at the same distance.
      assert.ok(Math.abs(start - mirrored) <= 2 || Math.abs(start + size - mirrored - other) <= 2, `${part} at ${width}: ${ltr[part]} and ${rtl[part]}`);
    }
  }
});

test("in a text from right to left code and formulas stay as they are, and arrows point where one goes", async () => {
  await on("rtl", "/pages/p15", 1280, async (tab) => {
    const look = await tab.evaluate(() => {
      const style = (selector, part) => getComputedStyle(document.querySelector(selector), part);
      return { dir: document.documentElement.dir, text: style(".pmx-block p").direction, code: style("pre").direction, before: style("a[rel~=prev]", "::before").content, after: style("a[rel~=next]", "::after").content, quote: style("blockquote").borderRightWidth };
    });
    assert.deepEqual([look.dir, look.text, look.code, look.quote], ["rtl", "rtl", "ltr", "3px"]);
    assert.match(look.before, /→/);
    assert.match(look.after, /←/);
    // Play goes on to the left, by the key and on the screen.
    await tab.getByRole("button", { name: "Start Play" }).click();
    const at = () => tab.evaluate(() => pmx.play.at);
    const first = await at();
    await tab.keyboard.press("ArrowLeft");
    assert.ok((await at()) > first, "the left key goes on");
    const [back, forward] = await Promise.all([".step[aria-label=Back]", ".step.forward"].map((step) => tab.locator(step).boundingBox()));
    assert.ok(forward.x < back.x);
    await tab.getByRole("button", { name: "More" }).click();
    const [menu, bar] = await Promise.all([".menu", ".bar"].map((part) => tab.locator(part).boundingBox()));
    assert.ok(menu.x >= 0 && Math.abs(menu.x - bar.x) < 40, "the menu opens above its button");
  });
});

test("dialogs and the phone's bar are mirrored, too", async () => {
  const sides = async (dir) => {
    const wide = await on(dir, "/pages/p15", 1280, async (tab) => {
      await tab.evaluate(() => pmx.explore());
      await tab.waitForFunction(() => pmx.chrome.querySelector(".explore[open] .side a"));
      return parts(tab, [".side", ".map", ".zoom"]);
    });
    const phone = await on(dir, "/pages/p15", 390, async (tab) => {
      const folded = await parts(tab, [".bar"]);
      await tab.getByRole("button", { name: "Page actions" }).tap();
      return [folded, await parts(tab, [".bar", ".fold", ".primary"])];
    });
    return [wide, phone];
  };
  assert.deepEqual(await sides("rtl"), await sides("ltr"));
});
