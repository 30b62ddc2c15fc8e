// Open pages survive random edits: after each the page in the browser is what a fresh load of it shows, in the same window,
// and what the reader was at stays.
//
//   PMX_EDITS=1000 PMX_EDITS_SEED=7 node --test tests/browser/edits.test.mjs
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { launch, open, sameWindow, shows, until } from "./browser.mjs";
import { Dev } from "./dev.mjs";
import { dice, NAMES, Site } from "./edits-site.mjs";

const EDITS = Number(process.env.PMX_EDITS ?? 200);
const SEED = Number(process.env.PMX_EDITS_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Edits between two looks at what a reader is at, and between two pages. */
const READER = 25, TURN = 40;

/** What a page is to its reader, without what the Player and the browser keep for this reader alone. */
const picture = () => {
  const OWN = /^(data-pathmx-play-state|data-pmx-(play|here|focus|deploy)|data-state)$/;
  const lines = [];
  const walk = (node, depth) => {
    if (node.nodeType === 3) {
      if (node.data.trim()) lines.push(`${depth}${JSON.stringify(node.data)}`);
      return;
    }
    if (node.nodeType !== 1 || node.shadowRoot || node.matches(".pmx-annotation-card")) return;
    // On the root, styles are places that the badge of the server keeps free.
    const isOwn = (name) => OWN.test(name) || (node === document.documentElement && name === "style");
    const attributes = [...node.attributes].filter(({ name }) => !isOwn(name)).map(({ name, value }) => ` ${name}=${JSON.stringify(value)}`).sort();
    lines.push(`${depth}<${node.localName}${attributes.join("")}>`);
    node.normalize();
    for (const child of node.childNodes) walk(child, `${depth} `);
  };
  walk(document.documentElement, "");
  const sheets = [...document.styleSheets].map((sheet) => `${sheet.href ?? sheet.ownerNode.textContent.length} ${sheet.media.mediaText} ${sheet.cssRules.length}`);
  const box = (element) => element.getBoundingClientRect();
  const boxes = [...document.querySelectorAll(".pmx-document, .pmx-document > *, .tip, .count")].map((element) => `${element.localName} ${Math.round(box(element).height)} ${getComputedStyle(element).borderColor}`);
  return [...lines, ...sheets, ...boxes].join("\n");
};

/** The first lines in which two pictures differ. */
function difference(live, fresh) {
  const [a, b] = [live.split("\n"), fresh.split("\n")];
  let i = 0, j = 0;
  while (i < a.length && a[i] === b[i]) i++;
  while (j < a.length - i && a.at(-1 - j) === b.at(-1 - j)) j++;
  const part = (lines) => lines.slice(Math.max(0, i - 3), Math.min(lines.length - j, i + 12)).join("\n");
  return `open page:\n${part(a)}\n\nfresh load:\n${part(b)}`;
}

test(`an open page is after each of ${EDITS} edits what a fresh load shows`, { timeout: 3_600_000 }, async (context) => {
  const say = (text) => context.diagnostic(text);
  say(`PMX_EDITS_SEED=${SEED}`);
  const folder = await mkdtemp(join(tmpdir(), "pmx-edits-"));
  const roll = dice(SEED), site = new Site(roll);
  const path = (file) => join(folder, "site", "paths", file);
  const written = new Map();
  /** A file is there with all its text or not at all, as editors do it. */
  const save = async (file) => {
    const text = site.text(file);
    if (text === written.get(file)) return false;
    written.set(file, text);
    if (text === undefined) return rm(path(file)).then(() => true);
    await mkdir(dirname(path(file)), { recursive: true });
    await writeFile(join(folder, "new"), text);
    await rename(join(folder, "new"), path(file));
    return true;
  };
  for (const file of site.files) await save(file);
  const browser = await launch();
  let dev, live, fresh, name, done = 0, sure = 0;
  const history = [];
  const errors = [];
  const watch = (page) => page.on("pageerror", ({ message }) => errors.push(message));
  try {
    dev = await Dev.start(join(folder, "site"), join(folder, "state"));
    fresh = await (await browser.newContext()).newPage();
    fresh.setDefaultTimeout(20_000);
    watch(fresh);
    const address = (name) => `${dev.url}/${name === "index.path" ? "" : name}`;

    /** Opens the page of another Source. */
    const turn = async () => {
      await live?.context().close();
      name = roll.pick(NAMES.filter((name) => !site.sources.get(name).broken));
      live = await open(browser, address(name));
      watch(live);
      await live.waitForFunction(() => document.documentElement.dataset.pmxDeploy && window.pmx?.play.stops.length);
      await live.evaluate(() => (window.alive = 0));
    };

    /** One edit, and the deploy that came of it, if the text can be published. */
    const change = async () => {
      let edit, since, changed;
      do {
        edit = site.edit(name);
        since = dev.events.length;
        changed = false;
        for (const file of edit.files) changed = (await save(file)) || changed;
      } while (!changed);
      history.push(edit.what);
      // What was written in two goes may be published in two.
      if (edit.files.length > 1) await new Promise((next) => setTimeout(next, 60));
      await until(() => dev.of("built", since).length, `a build after "${edit.what}"`);
      if (dev.of("built", since).at(-1).errors) return;
      await until(() => dev.of("published", since).length, `a deploy after "${edit.what}"`);
      const artifact = `/${name}.html`;
      const deploy = dev.of("published", since).findLast(({ paths }) => paths.includes(artifact));
      if (deploy) await shows(live, deploy.deployId);
    };

    const compare = async () => {
      await fresh.goto(address(name), { waitUntil: "load" });
      await fresh.waitForFunction(() => window.pmx?.play.stops.length);
      const end = Date.now() + 4_000;
      let shown, wanted;
      do {
        if (shown) await new Promise((next) => setTimeout(next, 20));
        shown = await live.evaluate(picture);
        wanted = await fresh.evaluate(picture);
      } while (shown !== wanted && Date.now() < end);
      if (shown !== wanted) throw new Error(difference(shown, wanted));
      assert.ok(await sameWindow(live), "the page was reloaded");
      assert.deepEqual(errors, []);
      sure += 1;
    };

    await turn();
    await compare();
    const started = performance.now();
    while (done < EDITS) {
      const reading = done % READER === READER - 1 && (await begin(live));
      await change();
      done += 1;
      if (reading) await reading();
      await compare();
      if (done % TURN === 0) await turn();
    }
    const seconds = (performance.now() - started) / 1000;
    say(`${done} edits in ${seconds.toFixed(1)} s, ${sure} comparisons`);
  } catch (error) {
    error.message = `after ${done} edits with PMX_EDITS_SEED=${SEED} on ${name}: ${history.slice(-4).join("; ")}\n${error.message}\n${dev?.talk.slice(-600) ?? ""}`;
    throw error;
  } finally {
    await browser.close();
    await dev?.stop();
    await rm(folder, { recursive: true, force: true });
  }
});

/** Types, selects, scrolls and plays; what comes back looks whether all of it is as it was, and takes it back. */
let turns = 0;
async function begin(page) {
  const plays = (turns += 1) % 2 === 0;
  await page.evaluate((plays) => {
    window.scrollTo(0, 0);
    const field = document.querySelector("#kept-field"), words = document.querySelector("#kept p, [id=kept] p");
    words.scrollIntoView({ block: "center", behavior: "instant" });
    field.focus({ preventScroll: true });
    field.value = "typed by hand";
    field.setSelectionRange(2, 5);
    window.reader = { field, words, top: words.getBoundingClientRect().top };
    if (!plays) return;
    field.blur();
    getSelection().setBaseAndExtent(words.firstChild, 0, words.firstChild, 4);
    pmx.play.enter(words.dataset.pathmxBeat);
  }, plays);
  if (plays) await page.waitForTimeout(50);
  const look = () =>
    page.evaluate((plays) => {
      const { field, words, top } = window.reader;
      return {
        connected: field.isConnected && words.isConnected,
        value: field.value,
        focus: plays ? "none" : document.activeElement === field && `${field.selectionStart}-${field.selectionEnd}`,
        selected: plays ? String(getSelection()) : "none",
        place: plays ? "in Play" : Math.abs(words.getBoundingClientRect().top - top) <= 2 || scrollY === 0 || Math.abs(scrollY + innerHeight - document.documentElement.scrollHeight) <= 2 || [words.getBoundingClientRect().top, top],
        beat: plays ? pmx.play.on && pmx.play.stop.id === words.dataset.pathmxBeat && words.dataset.pathmxPlayState : "none",
      };
    }, plays);
  const wanted = plays
    ? { connected: true, value: "typed by hand", focus: "none", selected: "Kept", place: "in Play", beat: "active" }
    : { connected: true, value: "typed by hand", focus: "2-5", selected: "none", place: true, beat: "none" };
  assert.deepEqual(await look(), wanted, "before the edit");
  return async () => {
    assert.deepEqual(await look(), wanted, "what the reader is at");
    await page.evaluate(() => {
      pmx.play.leave();
      getSelection().removeAllRanges();
      window.reader.field.value = "";
      window.reader.field.blur();
    });
  };
}
