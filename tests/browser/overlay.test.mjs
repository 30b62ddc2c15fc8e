// What the dev server adds to pages: errors over the page, the state of the server in the corner.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, reads, sameWindow, until } from "./browser.mjs";
import { Dev } from "./dev.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const GOOD = "# One\n\nThe lesson.\n\n<form><input id=\"name\"></form>\n";
const BROKEN = "---\ntitle: [unclosed\n---\n\n# One\n\nBroken.\n";
/** How long an error stands before it is shown. */
const STANDS = 300;

let browser, folder, dev, page;
before(async () => (browser = await launch()));
after(() => browser.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pmx-overlay-"));
  await mkdir(join(folder, "paths"));
  await write("index.path.md", "# Home\n\n[One](./one.lesson.md)\n");
  await write("one.lesson.md", GOOD);
});
afterEach(async () => {
  await page?.context().close();
  await dev?.stop();
  page = dev = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** As editors write: whole, so that no build sees a half. */
async function write(name, text) {
  await writeFile(join(folder, "written"), text);
  await rename(join(folder, "written"), join(folder, "paths", name));
}
const serve = async (options) => (dev = await Dev.start(folder, join(folder, "state"), options));

/** Opens the lesson; what the script does with time is under the test's control from then on. */
async function start(options, context) {
  await serve(options);
  page = await open(browser, `${dev.url}/one.lesson`, context);
  await connected();
}

const connected = () => page.waitForFunction(() => performance.getEntriesByType("resource").some(({ name }) => name.endsWith("/_pmx/events")) || document.querySelector("pmx-badge") || window.pmxDev);
const panel = () => page.locator("pmx-overlay .panel");
const badge = () => page.locator("pmx-badge .badge");
/** Waits for a state of the badge: its kind, or nothing. */
const badgeIs = (kind) => page.waitForFunction((kind) => {
  const box = document.querySelector("pmx-badge")?.shadowRoot.querySelector(".badge");
  return (box && !box.hidden ? box.dataset.kind : undefined) === kind;
}, kind);
const shown = () => panel().waitFor({ state: "visible" });
const gone = () => panel().waitFor({ state: "detached" });

test("an error shows over the page with its lines, Escape closes it, and another one opens it again", async () => {
  await start();
  await write("one.lesson.md", BROKEN);
  await shown();
  assert.match(await panel().locator(".place").first().textContent(), /one\.lesson\.md:\d+:\d+$/);
  assert.match(await panel().locator("a.place").first().getAttribute("href"), /^vscode:\/\/file\/.*one\.lesson\.md:\d+:\d+$/);
  const [row] = await panel().locator(".line[data-here]").allTextContents();
  assert.ok(BROKEN.split("\n").some((line) => row.trim().endsWith(line.trim())), row);
  assert.equal(await panel().locator(".at").count(), 1);
  assert.match(await page.locator("main").textContent(), /The lesson\./, "the last good version is there");
  assert.match(await panel().locator(".about").first().textContent(), /the last good version stays up/);
  assert.equal(await page.evaluate(() => document.activeElement.localName), "pmx-overlay");
  await page.keyboard.press("Escape");
  await gone();
  await badgeIs("error");
  // The same error a line further down is no news.
  await page.evaluate(() => {
    window.opened = 0;
    new MutationObserver(() => (window.opened += 1)).observe(document.querySelector("pmx-overlay").shadowRoot, { childList: true });
  });
  const since = dev.events.length;
  await write("one.lesson.md", BROKEN.replace("title:", "lang: en\ntitle:"));
  await until(() => dev.of("built", since).length, "the build");
  await page.waitForTimeout(2 * STANDS);
  assert.equal(await page.evaluate(() => window.opened), 0);
  await write("index.path.md", "---\ntitle: [other\n---\n# Home\n");
  await shown();
  assert.match(await panel().locator(".place").first().textContent(), /index\.path\.md:/);
  assert.ok(await sameWindow(page));
});

test("it goes by itself when the build is good, and gives back the focus", async () => {
  await start();
  await page.locator(".pmx-site-title").focus();
  await write("one.lesson.md", BROKEN);
  await shown();
  await write("one.lesson.md", GOOD.replace("The lesson.", "Mended."));
  await gone();
  await reads(page, ".pmx-block p", "Mended.");
  assert.equal(await page.evaluate(() => document.activeElement.className), "pmx-site-title");
  await badgeIs("updated");
  await badgeIs(undefined);
});

test("what was closed once is shown again when it comes back after a good build", async () => {
  await start();
  for (const text of [BROKEN, GOOD, BROKEN]) {
    const since = dev.events.length;
    await write("one.lesson.md", text);
    if (text === GOOD) {
      await badgeIs(undefined);
      continue;
    }
    await shown();
    await page.keyboard.press("Escape");
    await gone();
    assert.ok(dev.events.length > since);
  }
});

test("nothing flashes while the author is typing: an error must have stood for a moment", async () => {
  await serve();
  page = await (await browser.newContext()).newPage();
  await page.clock.install();
  // The states that the page hears, as they come.
  await page.addInitScript(() => {
    window.states = [];
    window.EventSource = class extends EventSource {
      constructor(...args) {
        super(...args);
        this.addEventListener("state", ({ data }) => window.states.push(JSON.parse(data)));
      }
    };
  });
  await page.goto(`${dev.url}/one.lesson`);
  await page.waitForFunction(() => window.states.at(-1)?.phase === "ready");
  await page.clock.pauseAt(new Date(Date.now() + 3_600_000));
  const builds = () => page.evaluate(() => window.states.at(-1).builds);
  for (let n = 0; n < 3; n++) {
    const then = await builds();
    await write("one.lesson.md", BROKEN + "x".repeat(n));
    await page.waitForFunction((then) => window.states.at(-1).phase === "failed" && window.states.at(-1).builds > then, then);
    await page.clock.runFor(STANDS - 50);
    assert.equal(await panel().count(), 0, "an edit came before the error had stood");
  }
  await page.clock.runFor(60);
  assert.equal(await panel().count(), 1);
});

test("who is writing in the page keeps the focus, the text and the place", async () => {
  await write("one.lesson.md", `${GOOD}\n${"Words.\n\n".repeat(80)}`);
  await start();
  await page.fill("#name", "half a sen");
  await page.mouse.wheel(0, 40);
  await page.waitForFunction(() => scrollY === 40);
  await write("index.path.md", BROKEN);
  await shown();
  await page.keyboard.type("tence");
  assert.deepEqual(await page.evaluate(() => [document.querySelector("#name").value, scrollY]), ["half a sentence", 40]);
  await page.keyboard.press("Escape");
  await gone();
  assert.equal(await page.evaluate(() => document.activeElement.id), "name");
});

test("without the overlay the badge counts, and opens the list when it is asked", async () => {
  await start({ more: ["--no-overlay"] });
  await write("one.lesson.md", BROKEN);
  await badgeIs("error");
  assert.equal(await panel().count(), 0);
  await badge().locator("button").click();
  await shown();
  await panel().locator(".close").click();
  await gone();
});

test("warnings are counted and never open by themselves", async () => {
  await write("one.lesson.md", `${GOOD}\n[nowhere](./missing.lesson.md)\n`);
  await start();
  await badgeIs("warning");
  assert.equal(await panel().count(), 0);
  await badge().locator("button").click();
  await shown();
  assert.equal(await panel().locator(".finding[data-kind=warning]").count() > 0, true);
});

test("a server that is gone is said to be, and a restart keeps the page as it is", async () => {
  await start();
  await page.fill("#name", "typed");
  const { port } = new URL(dev.url);
  await dev.stop();
  await badgeIs("offline");
  assert.match(await badge().textContent(), /offline, trying again/);
  await write("one.lesson.md", GOOD.replace("The lesson.", "After the restart."));
  await serve({ port });
  await reads(page, ".pmx-block p", "After the restart.");
  await badgeIs(undefined);
  assert.ok(await sameWindow(page), "the same program: no reload");
  assert.equal(await page.inputValue("#name"), "typed");
});

test("a page of another program loads again, once", async () => {
  await serve();
  page = await (await browser.newContext()).newPage();
  await page.addInitScript(() => sessionStorage.setItem("loads", String(+(sessionStorage.getItem("loads") ?? 0) + 1)));
  const rewrite = async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace(/_pmx\/dev\.\w+\.js/, "_pmx/dev.0123456789abcdef.js") });
  };
  const loads = (n) => page.waitForFunction((n) => +sessionStorage.getItem("loads") >= n, n);
  await page.route("**/one.lesson", rewrite, { times: 1 });
  await page.goto(`${dev.url}/one.lesson`);
  await loads(2);
  await page.waitForFunction(() => !/0123456789abcdef/.test(document.querySelector("script").src));
  // A cache that goes on with the old page does not make it turn in circles.
  await page.evaluate(() => sessionStorage.clear());
  await page.route("**/one.lesson", rewrite);
  await page.reload();
  await loads(2);
  await page.waitForFunction(() => window.pmxDev && document.readyState === "complete");
  await write("one.lesson.md", BROKEN);
  await shown();
  assert.equal(await page.evaluate(() => sessionStorage.getItem("loads")), "2");
});

test("nothing shows in a frame, for print, on paper or in an exact answer", async () => {
  await write("one.lesson.md", BROKEN);
  await write("two.lesson.md", "# Two\n");
  await serve();
  page = await (await browser.newContext()).newPage();
  await page.goto(`${dev.url}/one.lesson`);
  await shown();
  await page.emulateMedia({ media: "print" });
  assert.ok(!(await panel().isVisible()) && !(await badge().isVisible()));
  await page.emulateMedia({ media: "screen" });
  await page.goto(`${dev.url}/one.lesson?print`);
  await page.waitForFunction(() => document.readyState === "complete");
  assert.equal(await page.locator("pmx-overlay, pmx-badge").count(), 0);
  await page.setContent(`<iframe src="${dev.url}/one.lesson"></iframe>`);
  const frame = page.frames()[1];
  await frame.waitForLoadState();
  assert.equal(await frame.locator("pmx-overlay, pmx-badge").count(), 0);
});

test("a site that cannot be built yet says why, and comes by itself when it can be", async () => {
  await write("../pathmx.config.md", "---\ntitle: [unclosed\n---\n");
  const sites = await mkdtemp(join(tmpdir(), "pmx-overlay-sites-"));
  await rename(folder, join(sites, "broken"));
  try {
    dev = await Dev.start(sites, join(sites, "state"), { site: [], more: ["--multi-site"] });
    page = await (await browser.newContext()).newPage();
    await page.goto(dev.url.replace("localhost", "broken.localhost"));
    assert.match(await page.locator("main").textContent(), /pathmx\.config\.md/);
    assert.equal(await page.locator("pmx-overlay").count(), 0, "the page says it itself");
    await rm(join(sites, "broken", "pathmx.config.md"));
    await page.locator(".pmx-document h1", { hasText: "Home" }).waitFor();
  } finally {
    await dev?.stop();
    dev = undefined;
    await rm(sites, { recursive: true, force: true });
  }
});

/** Rolls back by so many deploys, as the console's form does. */
async function rollBack(by) {
  const door = new URL((await dev.console()).url);
  const { request } = await import("node:http");
  const call = (method, path, headers, body = "") => new Promise((done, failed) => {
    const sent = { host: door.host, "content-length": Buffer.byteLength(body), ...headers };
    const asked = request({ host: "127.0.0.1", port: door.port, path, method, headers: sent }, async (answer) => {
      let text = "";
      for await (const part of answer) text += part;
      done({ status: answer.statusCode, headers: answer.headers, text });
    });
    asked.on("error", failed).end(body);
  });
  const entered = await call("GET", `/${door.search}`, {});
  const cookie = entered.headers["set-cookie"][0].split(";")[0];
  const ids = dev.of("published").map(({ deployId }) => deployId);
  const form = { cookie, origin: door.origin, "content-type": "application/x-www-form-urlencoded" };
  const done = await call("POST", "/sites/tried/rollback", form, `deploy=${ids.at(-1 - by)}`);
  assert.equal(done.status, 303, done.text);
}

test("a rollback is told in the page with the way back to the newest, and an edit ends it", async () => {
  await start();
  const text = (wanted) => page.waitForFunction((wanted) => document.querySelector("main").textContent.includes(wanted), wanted);
  for (const words of ["Second", "Third"]) {
    await write("one.lesson.md", GOOD.replace("The lesson", words));
    await text(`${words}.`);
  }
  await rollBack(2);
  await text("The lesson.");
  await badgeIs("held");
  assert.match(await badge().textContent(), /^Showing the deploy of \d\d:\d\d, 2 behind the newest\s*Back to the newest$/);
  await badge().getByRole("button", { name: "Back to the newest" }).click();
  await text("Third.");
  await badgeIs(undefined);
  await rollBack(1);
  await text("Second.");
  await badgeIs("held");
  assert.match(await badge().textContent(), /, 1 behind the newest/);
  await page.setViewportSize({ width: 360, height: 640 });
  const box = await badge().boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= 360, JSON.stringify(box));
  await write("one.lesson.md", GOOD.replace("The lesson", "Fourth"));
  await text("Fourth.");
  await badgeIs(undefined);
  assert.ok(await sameWindow(page));
});

test("in Play only errors are told", async () => {
  await write("one.lesson.md", `${GOOD}\n[nowhere](./missing.lesson.md)\n`);
  await start({ more: ["--no-overlay"] });
  await badgeIs("warning");
  await page.waitForFunction(() => window.pmx?.chrome);
  await page.evaluate(() => pmx.play.enter());
  await badgeIs(undefined);
  await write("one.lesson.md", BROKEN);
  await badgeIs("error");
});

test("the badge gives way to who reads, and the list of pages ends above it", async () => {
  const words = Array(40).fill("Words to read, on more than one screen.").join("\n\n");
  const others = Array.from({ length: 40 }, (_, n) => n);
  for (const n of others) await write(`p${n}.md`, `# Page ${n}\n`);
  await write("index.path.md", `# Home\n\n[One](./one.lesson.md)\n\n${others.map((n) => `- [x](./p${n}.md)`).join("\n")}\n`);
  const lesson = (lang) => `${lang}# One\n\n[nowhere](./nowhere.md)\n\n${words}\n\n| The | last |\n| --- | --- |\n| row | here |\n`;
  await write("one.lesson.md", lesson(""));
  await serve();
  const settled = async () => {
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await page.waitForFunction(() => pmx.floating.rests);
  };
  const to = async (y) => {
    await page.evaluate((y) => scrollTo({ top: y < 0 ? document.documentElement.scrollHeight : y, behavior: "instant" }), y);
    await settled();
  };
  const seen = async () => (await badge().boundingBox()).y < (await page.evaluate(() => innerHeight)) - 8;
  for (const [width, lang] of [[320, ""], [390, ""], [1280, ""], [390, "---\nlang: he\n---\n\n"], [1280, "---\nlang: he\n---\n\n"]]) {
    await page?.context().close();
    await write("one.lesson.md", lesson(lang));
    const phone = width < 768, reader = { viewport: { width, height: 740 }, isMobile: phone, hasTouch: phone, reducedMotion: "reduce" };
    page = await open(browser, `${dev.url}/one.lesson`, reader);
    await page.waitForFunction((dir) => document.documentElement.dir === dir, lang ? "rtl" : "");
    await badgeIs("warning");
    await page.keyboard.press("Shift"); // from here on the page is its reader's
    await settled();
    assert.equal(await seen(), true, `${width}: at the top`);
    const [box, bar] = [await badge().boundingBox(), await page.locator(".bar").boundingBox()];
    assert.ok(box.x + box.width <= bar.x || bar.x + bar.width <= box.x || box.y + box.height <= bar.y, `${width}: beside or above the bar`);
    assert.equal(box.x < width / 2, !lang, `${width}: at the side at which lines start`);
    await to(700);
    assert.equal(await seen(), false, `${width}: reading on`);
    await to(500);
    assert.equal(await seen(), true, `${width}: on the way back`);
    await to(-1);
    assert.equal(await seen(), true, `${width}: at the end`);
    const over = await page.evaluate(() => {
      const box = document.querySelector("pmx-badge").shadowRoot.querySelector(".badge").getBoundingClientRect();
      return [...document.querySelectorAll("tr, .pmx-pager a, .pmx-site-footer p")].filter((part) => part.getBoundingClientRect().bottom > box.top).map((part) => part.textContent);
    });
    assert.deepEqual(over, [], `${width}: the end is above it`);
    await to(0);
    if (phone) await page.tap(".pmx-site-menu > summary");
    await settled();
    const last = await page.evaluate(() => {
      const nav = document.querySelector(".pmx-site-nav");
      nav.scrollTop = nav.scrollHeight;
      return [...nav.querySelectorAll("a")].at(-1).getBoundingClientRect().bottom;
    });
    if (phone) assert.equal(await seen(), false, `${width}: the open list covers the text itself`);
    assert.ok(last <= (phone ? 740 : box.y), `${width}: the last of the pages is above it`);
  }
});

test("axe finds nothing in the overlay and the badge, light or dark", async () => {
  await write("one.lesson.md", `${BROKEN}\n[nowhere](./missing.lesson.md)\n`);
  await start(undefined, { bypassCSP: true });
  await page.addScriptTag({ content: AXE });
  const findings = () => page.evaluate(async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => [id, ...target.flat()].join(" "))).filter((line) => line.includes("pmx-"));
  });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await shown();
    assert.deepEqual(await findings(), [], colorScheme);
    await page.keyboard.press("Escape");
    await badgeIs("error");
    assert.deepEqual(await findings(), [], `${colorScheme}, closed`);
    await badge().locator("button").click();
  }
});
