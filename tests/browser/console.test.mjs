// The console in a real browser: it follows what happens, acts without a script too, and no site's page reaches it.
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { DEADLINE, launch } from "./browser.mjs";
import { Dev } from "./dev.mjs";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser, folder, dev, owner, origin, door, site;

const write = (name, text) => writeFile(join(folder, "paths", name), text);
before(async () => {
  browser = await launch();
  folder = await mkdtemp(join(tmpdir(), "pmx-console-"));
  await mkdir(join(folder, "paths"));
  await write("index.path.md", "# Home\n\nFirst words, and [a lesson](./one.lesson.md).\n");
  await write("one.lesson.md", "# One\n\nThe first text.\n");
  dev = await Dev.start(folder, join(folder, "state"));
  door = (await dev.console()).url;
  origin = new URL(door).origin;
  owner = { console: new URL(door).host, address: new URL(dev.url).host.replace("localhost", "127.0.0.1"), token: new URL(door).searchParams.get("token") };
  site = dev.url.replace("localhost", "tried.localhost");
});
after(async () => {
  await dev?.stop();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
});

/** A page that is in. */
async function enter(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(DEADLINE);
  page.complaints = [];
  page.on("console", (message) => message.type() === "error" && page.complaints.push(message.text()));
  page.on("pageerror", (error) => page.complaints.push(error.message));
  await page.goto(door);
  assert.equal(page.url(), `${origin}/`, "the token does not stay in the address");
  return page;
}

/** Asks as the command line does. */
async function data(op) {
  // Node's fetch sets no Host of its own choosing; a browser's name resolution is not needed from here.
  const { request } = await import("node:http");
  const [host, port] = owner.address.split(":");
  const body = JSON.stringify(op);
  return new Promise((done, failed) => {
    const headers = { host: owner.console, authorization: `Bearer ${owner.token}`, "content-length": Buffer.byteLength(body) };
    const call = request({ host, port, path: "/api/data", method: "POST", headers }, async (answer) => {
      let text = "";
      for await (const part of answer) text += part;
      done(JSON.parse(text));
    });
    call.on("error", failed).end(body);
  });
}

const live = (page) => page.waitForSelector('.live[data-state="on"]');
const mark = (page) => page.evaluate(() => void (window.mark = true));
const marked = (page) => page.evaluate(() => window.mark === true);

test("an edit shows in the open console, and a rollback is one click and a yes", async () => {
  const page = await enter();
  await page.goto(`${origin}/sites/tried`);
  await live(page);
  await mark(page);
  const rows = await page.locator("#history tbody tr").count();
  await write("one.lesson.md", "# One\n\nThe second text.\n");
  await page.waitForFunction((count) => document.querySelectorAll("#history tbody tr").length === count + 1, rows);
  await page.waitForFunction(() => document.querySelector("#history tbody tr").textContent.includes("Sources"));
  assert.ok(await marked(page), "it was not loaded again");

  const reader = await page.context().newPage();
  await reader.goto(`${site}/one.lesson`);
  await reader.waitForFunction(() => document.body.textContent.includes("The second text."));
  await page.locator("#history tbody tr").nth(1).getByRole("button", { name: /^Roll back/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await page.waitForSelector(".note.good:has-text('Rolled back')");
  await page.waitForFunction(() => document.querySelectorAll("#history tbody tr")[1].textContent.includes("live"));
  await reader.waitForFunction(() => document.body.textContent.includes("The first text."));
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("a question that is open stays while the page goes on", async () => {
  const page = await enter();
  await page.goto(`${origin}/sites/tried`);
  await live(page);
  await page.getByRole("button", { name: /^Roll back/ }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  const published = dev.of("published").length;
  await write("one.lesson.md", `# One\n\nThe text number ${published}.\n`);
  while (dev.of("published").length === published) await new Promise((next) => setTimeout(next, 10));
  await page.waitForTimeout(600);
  assert.ok(await dialog.isVisible());
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  await page.context().close();
});

test("SQL runs from the keyboard, and a row is edited by its statement", async () => {
  const page = await enter();
  await page.goto(`${origin}/data/objects`);
  await page.locator("#objects a.name").first().click();
  const box = page.getByRole("textbox", { name: "SQL" });
  await box.fill("SELECT 6 * 7 AS answer");
  await box.press("ControlOrMeta+Enter");
  await page.waitForSelector("#sql td:has-text('42')");
  await page.getByRole("textbox", { name: "SQL" }).fill("CREATE TABLE IF NOT EXISTS tried (id INTEGER PRIMARY KEY, said TEXT); INSERT OR REPLACE INTO tried VALUES (1, 'old')");
  await page.getByRole("button", { name: "Run" }).click();
  await page.getByRole("navigation", { name: "Tables" }).getByRole("link", { name: /^tried/ }).click();
  await page.locator("#rows").getByRole("link", { name: "Edit" }).click();
  const statement = await page.getByRole("textbox", { name: "SQL" }).inputValue();
  assert.equal(statement, `UPDATE "tried" SET "said" = 'old' WHERE "id" = 1`);
  await page.getByRole("textbox", { name: "SQL" }).fill(statement.replace("'old'", "'new'"));
  await page.getByRole("button", { name: "Run" }).click();
  await page.waitForSelector("#ran:has-text('1 row written')");
  const [object] = (await data({ op: "do.list" })).objects;
  const { rows } = await data({ op: "do.sql", object: object.id, query: "SELECT said FROM tried" });
  assert.deepEqual(rows, [["new"]]);
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("requests come in while one looks, a filter keeps to its own, and Pause holds them", async () => {
  const page = await enter();
  await page.goto(`${origin}/requests`);
  await live(page);
  const reader = await page.context().newPage();
  await reader.goto(`${site}/one.lesson?first`);
  await page.waitForFunction(() => document.querySelector("#requests").textContent.includes("/one.lesson?first"));
  await page.getByRole("searchbox").fill("second");
  await page.waitForFunction(() => !document.querySelector("#requests").textContent.includes("?first"));
  assert.ok(page.url().endsWith("?path=second"), page.url());
  await page.getByRole("heading", { level: 1 }).click();
  await reader.goto(`${site}/one.lesson?second`);
  await page.waitForFunction(() => document.querySelector("#requests").textContent.includes("?second"));
  const row = page.locator("#requests details").first();
  await row.locator("summary").click();
  assert.match(await row.locator(".more").innerText(), /kv\.get/);
  await page.getByRole("button", { name: "Pause" }).click();
  await reader.goto(`${site}/one.lesson?second-again`);
  await page.waitForTimeout(900);
  assert.equal(await page.locator("#requests details").count(), 1);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.waitForFunction(() => document.querySelectorAll("#requests details").length === 2);
  assert.ok(await page.locator("#requests details[open]").count(), "what was open stays open");
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test("without a script every page is whole, and a rollback is asked for and done", async () => {
  const page = await enter({ javaScriptEnabled: false });
  for (const path of ["/", "/sites/tried", "/events", "/data/kv", "/data/r2", "/data/objects", "/requests", "/log", "/faults", "/about"]) {
    await page.goto(origin + path);
    assert.ok(await page.getByRole("heading", { level: 1 }).isVisible(), path);
  }
  await page.goto(`${origin}/sites/tried`);
  await page.getByRole("button", { name: /^Roll back/ }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await page.waitForSelector(".note.good");
  await page.goto(`${origin}/data/kv`);
  await page.getByText("New entry").click();
  await page.getByLabel("Key", { exact: true }).fill("by/hand");
  await page.getByLabel("Value").fill("two\nlines");
  await page.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector(".note.good:has-text('Saved')");
  assert.deepEqual((await data({ op: "kv.get", key: "by/hand" })).value, { text: "two\nlines" });
  await page.context().close();
});

test("on a phone the navigation opens and closes, and no page is wider than the screen", async () => {
  const page = await enter({ viewport: { width: 390, height: 844 } });
  const [object] = (await data({ op: "do.list" })).objects;
  const menu = page.getByRole("navigation", { name: "Console" });
  assert.ok(!(await menu.isVisible()));
  await page.getByRole("button", { name: "Menu" }).click();
  await menu.getByRole("link", { name: "Requests" }).click();
  await page.waitForURL(`${origin}/requests`);
  for (const path of ["/", "/sites/tried", "/sites/tried/compare", "/events", "/data/kv", "/data/r2", `/data/objects/${object.id}`, "/requests", "/log", "/faults", "/about"]) {
    await page.goto(origin + path);
    assert.equal(await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - innerWidth)), 0, path);
  }
  await page.context().close();
});

test("axe finds nothing on any page, light or dark, wide or narrow", { timeout: 300_000 }, async () => {
  const [object] = (await data({ op: "do.list" })).objects;
  const [blob] = (await data({ op: "r2.list", limit: 1 })).objects;
  await write("two.lesson.md", "# Two\n\n[gone](./gone.md)\n");
  await write("index.path.md", "# Home\n\n[two](./two.lesson.md), [one](./one.lesson.md)\n");
  const paths = ["/", "/sites/tried", "/sites/tried/compare", "/events", "/data/kv", "/data/kv/entry?key=space:tried", "/data/r2", `/data/r2/entry?key=${blob.key}`,
    "/data/objects", `/data/objects/${object.id}`, "/requests", "/log", "/faults", "/about", "/nowhere"];
  const found = [];
  for (const width of [1280, 390]) {
    const page = await enter({ viewport: { width, height: 900 }, bypassCSP: true, reducedMotion: "reduce" });
    for (const path of paths) {
      await page.goto(origin + path);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        await page.evaluate(AXE);
        const lines = await page.evaluate(async () =>
          (await axe.run(document)).violations.flatMap(({ id, impact, nodes }) => nodes.map(({ target }) => `${impact} ${id}: ${target.join(" ")}`)),
        );
        found.push(...lines.map((line) => `${path}, ${colorScheme}, ${width}: ${line}`));
      }
    }
    await page.context().close();
  }
  assert.deepEqual(found, []);
});

test("a page of a site reaches nothing of the console, though its reader is in", { timeout: 120_000 }, async () => {
  const page = await enter();
  const hostile = await page.context().newPage();
  // What a Source's script can do, on the site's own origin and on another one's.
  for (const where of [`${site}/one.lesson`, `${dev.url}/one.lesson`, `${site.replace("tried", "evil")}/`]) {
    await hostile.goto(where);
    const got = await hostile.evaluate(async ({ origin, socket }) => {
      const tried = async (work) => Promise.race([work().catch((error) => `refused: ${error.name}`), new Promise((end) => setTimeout(end, 5000, "refused: nothing came"))]);
      const event = (target, good) => new Promise((end) => {
        target.addEventListener(good, () => end(`got ${good}`));
        target.addEventListener("error", () => end("refused: error"));
      });
      const form = new URLSearchParams({ key: "hostile", value: "x" });
      const json = JSON.stringify({ op: "kv.put", key: "hostile", value: { text: "x" } });
      const included = { credentials: "include" };
      return {
        read: await tried(async () => (await fetch(`${origin}/api/sites`, included)).text()),
        page: await tried(async () => (await fetch(`${origin}/`, included)).text()),
        opaque: await tried(async () => ((await fetch(`${origin}/api/sites`, { ...included, mode: "no-cors" })), "refused: opaque or blocked")),
        form: await tried(async () => ((await fetch(`${origin}/data/kv/put`, { ...included, mode: "no-cors", method: "POST", body: form })), "refused: opaque or blocked")),
        text: await tried(async () => ((await fetch(`${origin}/api/data`, { ...included, mode: "no-cors", method: "POST", body: json })), "refused: opaque or blocked")),
        named: await tried(async () => (await fetch(`${origin}/api/data`, { ...included, method: "POST", headers: { authorization: "Bearer x" }, body: json })).text()),
        events: await tried(() => event(new EventSource(`${origin}/api/events`, { withCredentials: true }), "open")),
        socket: await tried(() => event(new WebSocket(`${socket}/api/events`), "open")),
        script: await tried(() => event(document.head.appendChild(Object.assign(document.createElement("script"), { src: `${origin}/api/sites` })), "load")),
        image: await tried(() => event(document.head.appendChild(Object.assign(new Image(), { src: `${origin}/` })), "load")),
        cookie: document.cookie.includes("pmx-console") ? "got it" : "refused: not there",
      };
    }, { origin, socket: origin.replace("http", "ws") });
    for (const [how, what] of Object.entries(got)) assert.match(what, /^refused/, `${where}: ${how}: ${what.slice(0, 200)}`);

    // A frame stays without it.
    await hostile.evaluate((origin) => {
      const frame = Object.assign(document.createElement("iframe"), { src: `${origin}/`, id: "framed" });
      document.body.append(frame);
      return new Promise((loaded) => frame.addEventListener("load", loaded));
    }, origin);
    const framed = hostile.frames().find((frame) => frame !== hostile.mainFrame() && frame.parentFrame() === hostile.mainFrame());
    assert.doesNotMatch(await framed.content(), /class="(brand|side|door)|\/assets\/[0-9a-f]{16}\.css/, "nothing of the console is in a frame");

    // A form that a reader was led to send, in the same tab: with the whole weight of a navigation.
    const answered = hostile.waitForResponse(`${origin}/data/kv/put`);
    await hostile.evaluate((origin) => {
      const form = Object.assign(document.createElement("form"), { method: "post", action: `${origin}/data/kv/put` });
      for (const [name, value] of [["key", "hostile"], ["value", "x"]]) form.append(Object.assign(document.createElement("input"), { name, value }));
      document.body.append(form);
      HTMLFormElement.prototype.submit.call(form);
    }, origin);
    assert.equal((await answered).status(), 403);
    await hostile.waitForURL(`${origin}/data/kv/put`);

    // A window that it opens is not its own to look into.
    await hostile.goto(where);
    const [opened] = await Promise.all([
      hostile.context().waitForEvent("page"),
      hostile.evaluate((origin) => void (window.opened = window.open(`${origin}/`)), origin),
    ]);
    await opened.waitForLoadState();
    const seen = await hostile.evaluate(() => {
      try {
        return opened.document?.title ?? "closed to it";
      } catch (error) {
        return error.name;
      }
    });
    assert.match(seen, /SecurityError|closed to it/);
    await opened.close();
  }
  assert.equal(await data({ op: "kv.get", key: "hostile" }), null, "nothing was written");
  const still = await page.goto(`${origin}/`);
  assert.equal(still.status(), 200);
  await page.context().close();
});

test("a link from elsewhere leads to a page that lets one go on", async () => {
  const page = await enter();
  const other = await page.context().newPage();
  await other.goto(`${site}/one.lesson`);
  await other.evaluate((origin) => document.body.append(Object.assign(document.createElement("a"), { href: `${origin}/about`, id: "to", textContent: "to" })), origin);
  await Promise.all([other.waitForURL(`${origin}/about`), other.locator("#to").click()]);
  // A strict cookie does not come with a link from another site; one click further it does.
  const again = other.getByRole("link", { name: "Try again" });
  if (await again.count()) await again.click();
  await other.waitForSelector("h1:has-text('About')");
  await page.context().close();
});
