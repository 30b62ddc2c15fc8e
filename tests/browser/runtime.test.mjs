// What a component's script is promised: one run for each root, its own things to work with, and an end.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, shows } from "./browser.mjs";
import { block, page, Stub } from "./stub.mjs";

const RUNTIME = await readFile(new URL("../../site/src/browser/runtime.js", import.meta.url), "utf8");

let browser, stub, tab;
before(async () => (browser = await launch()));
after(() => browser.close());
beforeEach(async () => (stub = await Stub.start()));
afterEach(async () => {
  await tab?.context().close();
  await stub.close();
});

const root = (name, content = "", attributes = "") =>
  `<div data-pathmx-component="${name}" data-pathmx-component-source="lib" ${attributes}>${content}</div>`;

/** A component's script as the builder writes it. */
const script = (name, body, about = {}) =>
  `pmxRuntime.define("${name}", ${JSON.stringify({ source: "lib", assets: {}, data: {}, props: {}, ...about })}, ${/await/.test(body) ? "async " : ""}function (el, $, $$, on, state, ctx) {\n${body}\n});\n`;

const files = (body, scripts, more = {}) => ({
  "/index.path": page(block("b", body), {
    head: ["/assets/runtime.js", ...Object.keys(scripts)].map((src) => `<script defer src="${src}"></script>`).join("\n"),
  }),
  "/assets/runtime.js": RUNTIME,
  ...scripts,
  ...more,
});

async function start(body, scripts, more) {
  stub.publish(files(body, scripts, more));
  tab = await open(browser, `${stub.url}/index.path`);
  tab.problems = [];
  tab.on("console", (message) => message.type() === "error" && tab.problems.push(message.text()));
  await tab.waitForFunction(() => document.readyState === "complete");
  return tab;
}

async function change(body, scripts, more) {
  stub.publish(files(body, scripts, more));
  await shows(tab, `deploy-${stub.seq}`);
}

const text = (selector) => tab.textContent(selector);
const evaluate = (run, argument) => tab.evaluate(run, argument);

test("a script has its root, what is in it, what it was given, and files by name", async () => {
  const body = `
    const out = {
      el: el.id, one: $("b").textContent, all: $$("b").length, attrs: ctx.attrs.label, kept: ctx.props.label,
      camel: ctx.props.iconName, fallback: ctx.props.gap, missing: ctx.props.none ?? "none",
      url: new URL(ctx.assets.model.url).pathname,
      json: (await ctx.data.moves.json()).n, text: await ctx.data.moves.text(), bytes: (await ctx.data.moves.bytes()).length,
    };
    $("pre").textContent = JSON.stringify(out);`;
  const about = { assets: { model: "./model.0123.glb" }, data: { moves: "./moves.0123.json" }, props: { label: "default", gap: 2 } };
  await start(root("card", "<b>1</b><b>2</b><pre></pre>", 'id="c" label="Given" icon-name="star"'), { "/assets/card.js": script("card", body, about) }, { "/assets/moves.0123.json": '{"n": 3}' });
  await tab.waitForFunction(() => document.querySelector("pre").textContent);
  assert.deepEqual(JSON.parse(await text("pre")), {
    el: "c", one: "1", all: 2, attrs: "Given", kept: "Given", camel: "star", fallback: 2, missing: "none",
    url: "/assets/model.0123.glb", json: 3, text: '{"n": 3}', bytes: 8,
  });
});

test("state is what it was given: things with a nature of their own keep it, plain ones belong to the instance", async () => {
  const body = `
    class Point { constructor(x) { this.x = x; } get twice() { return 2 * this.x; } }
    const seen = new Set([1]), at = new Date(5), point = new Point(3);
    window.given ??= { list: [{ n: 1 }], get sum() { return this.list.length; } };
    given.self = given;
    const mine = ctx.state(given);
    mine.list[0].n += 1;
    mine.list.push(0);
    window.out = [
      ctx.state(seen) === seen, ctx.state(at) === at, ctx.state(point) === point, ctx.state(new Map([["a", 1]])).get("a"),
      ctx.state({ seen, deep: [{ at, el }] }).deep[0].at === at, ctx.state({ el }).el === el, ctx.state(4), ctx.state("a"), ctx.state(null),
      ctx.state(undefined) === undefined, Array.isArray(ctx.state([1, 2])), ctx.state(() => seen) === seen,
      mine.list[0].n, mine.sum, mine.self === mine, given.list.length, given.list[0].n];`;
  await start(root("holds"), { "/assets/holds.js": script("holds", body) });
  await tab.waitForFunction(() => window.out);
  assert.deepEqual(await evaluate(() => window.out), [true, true, true, 1, true, true, 4, "a", null, true, true, true, 2, 2, true, 1, 1]);
  assert.deepEqual(tab.problems, []);
});

test("plain objects and arrays of state are watched as deep as they go, and nothing else is", async () => {
  const body = `
    const seen = new Set([1]), at = new Date(5), out = (window.out = []);
    class Point { x = 1 }
    const point = new Point();
    let told = 0;
    const mine = ctx.state({ list: [{ n: 1 }], seen, at, point, set double(n) { this.list[0].n = 2 * n; } }, () => (told += 1));
    const turn = async (act) => { told = 0; act(); await null; await null; out.push(told); };
    (async () => {
      await turn(() => { mine.list[0].n = 2; mine.list.push({ n: 3 }); });
      await turn(() => (mine.list[1].n = 4));
      await turn(() => (mine.list[1].n = 4));
      await turn(() => mine.list.pop());
      await turn(() => (mine.double = 5));
      await turn(() => delete mine.at);
      await turn(() => (mine.added = { deep: [] }));
      await turn(() => mine.added.deep.push(1));
      await turn(() => { seen.add(2); mine.seen.add(3); mine.point.x = 2; });
      out.push(mine.seen === seen, seen.size, mine.point === point, mine.list === mine.list, mine.list.indexOf(mine.list[0]), JSON.stringify(mine.list));
      out.push(ctx.state(seen, () => {}) === seen, ctx.state(at, () => {}).getTime(), ctx.state(4, () => {}));
      el.textContent = "done";
    })();`;
  await start(root("sees"), { "/assets/sees.js": script("sees", body) });
  await tab.waitForFunction(() => document.querySelector("[data-pathmx-component=sees]").textContent === "done");
  assert.deepEqual(await evaluate(() => window.out), [1, 1, 0, 1, 1, 1, 1, 1, 0, true, 3, true, true, 0, '[{"n":10}]', true, 5, 4]);
  assert.deepEqual(tab.problems, []);
});

test("a prop that is no role of an element is a prop all the same", async () => {
  const body = "el.textContent = ctx.props.role + ctx.attrs.role";
  await start(root("one", "", 'data-pathmx-prop-role="Boss"') + root("two", "", 'role="note"'), { "/assets/one.js": script("one", body), "/assets/two.js": script("two", body) });
  await tab.waitForFunction(() => document.querySelector("[data-pathmx-component=two]").textContent);
  assert.deepEqual([await text("[data-pathmx-component=one]"), await text("[data-pathmx-component=two]")], ["BossBoss", "notenote"]);
});

test("a script that fails, in any way, stops no other and says so once", async () => {
  const scripts = {
    "/assets/broken.js": "pmxRuntime.define('broken', {}, function () { this is no script",
    "/assets/throws.js": script("throws", "on($('.none'), 'click', () => {})"),
    "/assets/late.js": script("late", "await 0; throw new Error('late')"),
    "/assets/fine.js": script("fine", "el.append('fine')"),
  };
  await start(root("throws") + root("throws") + root("late") + root("fine"), scripts);
  await tab.waitForSelector("[data-pathmx-component=late][data-pathmx-error]", { state: "attached" });
  assert.equal(await text("[data-pathmx-component=fine]"), "fine");
  assert.match(await tab.getAttribute("[data-pathmx-component=throws]", "data-pathmx-error"), /^throws: .*"click"/);
  assert.equal(tab.problems.filter((problem) => problem.includes('"throws"')).length <= 1, true);
});

test("states are the root's: checked, told to listeners, declared by scripts, asked for by the Player", async () => {
  const body = `
    window.heard = [];
    state.on((now, before) => heard.push([now, before]));
    on($("button"), "click", () => state.set("back"));
    el.addEventListener("pathmx:play-step", (event) => el.dataset.mine && event.preventDefault());`;
  const declares = `state.declare([{ name: "m1", label: "One" }, "m2"], { initial: null }); el.textContent = String(state.get())`;
  await start(
    root("flip", "<button>x</button>", 'id="flip" data-pathmx-states="front | back" data-state="front"') +
      root("moves", "", 'id="moves"') + root("tabs", "", 'id="tabs" data-pathmx-states="a, b" data-state="b"'),
    { "/assets/flip.js": script("flip", body), "/assets/moves.js": script("moves", declares) },
  );
  await tab.click("#flip button");
  const step = (id, detail) =>
    evaluate(([id, detail]) => {
      const el = document.getElementById(id);
      el.dispatchEvent(new CustomEvent("pathmx:play-step", { bubbles: true, cancelable: true, detail }));
      return el.dataset.state ?? null;
    }, [id, detail]);
  assert.equal(await step("flip", { index: 0 }), "front");
  assert.equal(await step("flip", { index: 1 }), "back");
  assert.equal(await step("flip", { index: 5 }), "back");
  await evaluate(() => (document.getElementById("flip").dataset.mine = "yes"));
  assert.equal(await step("flip", { index: 0 }), "back");
  assert.equal(await step("tabs", { index: 0 }), "b", "a choice stays when its Beat is entered");
  assert.equal(await step("tabs", { index: 0, state: "a" }), "a");
  assert.equal(await step("tabs", { state: "none" }), "a");
  assert.deepEqual(await evaluate(() => window.heard), [["back", "front"], ["front", "back"], ["back", "front"]]);
  assert.equal(await text("#moves"), "null");
  assert.equal(await step("moves", { index: 0 }), null);
  assert.equal(await step("moves", { index: 1 }), "m2");
  assert.deepEqual(await evaluate(() => [moves.dataset.pathmxStates, moves.pmxStates]), ["m1 | m2", [{ name: "m1", label: "One" }, { name: "m2", label: "m2" }]]);
});

test("actions are the Player's to show, and go with the instance", async () => {
  const body = `
    const publish = (n) => ctx.play.actions.set([{ id: "next", label: "Next " + n, disabled: n > 1, run: () => publish(n + 1) }]);
    publish(0);`;
  await start(root("card", "", 'id="c"'), { "/assets/card.js": script("card", body) });
  const labels = () => evaluate(() => (document.getElementById("c") ?? window.gone).pmxActions?.map(({ label, disabled }) => [label, disabled]));
  assert.deepEqual(await labels(), [["Next 0", false]]);
  await evaluate(() => {
    window.told = 0;
    document.addEventListener("pathmx:actions", () => window.told++);
    return c.pmxActions[0].run();
  });
  assert.deepEqual(await labels(), [["Next 1", false]]);
  await evaluate(() => ((window.gone = c), c.remove()));
  assert.equal(await labels(), undefined);
  assert.equal(await evaluate(() => window.told), 1);
});

test("what a script started ends with its root, and roots that come later begin", async () => {
  const body = `
    window.log ??= [];
    log.push("start " + el.id);
    on(document, "ping", () => log.push("ping " + el.id));
    ctx.cleanup(() => log.push("first " + el.id));
    ctx.cleanup(() => log.push("last " + el.id));`;
  await start(root("card", "", 'id="a"'), { "/assets/card.js": script("card", body) });
  const log = await evaluate(async () => {
    const a = document.getElementById("a"), b = a.cloneNode();
    b.id = "b";
    const box = document.createElement("section");
    box.append(b);
    a.after(box);
    await 0;
    box.before(a, document.createTextNode("moved"));
    box.append(a); // still there
    await 0;
    document.dispatchEvent(new Event("ping"));
    a.remove();
    await 0;
    document.dispatchEvent(new Event("ping"));
    return window.log;
  });
  assert.deepEqual(log, ["start a", "start b", "ping a", "ping b", "last a", "first a", "ping b"]);
});

test("an effect works while it is seen, or presented, and never twice at once", async () => {
  const body = `
    window.log ??= [];
    ctx.effect(({ signal }) => { log.push("on"); return () => log.push("off " + signal.aborted) }, { when: el.dataset.when });`;
  await start(root("low", "low", 'data-when="visible" id="low" style="margin-top:3000px"'), { "/assets/low.js": script("low", body) });
  const logged = (n) => tab.waitForFunction((n) => (window.log?.length ?? 0) >= n, n).then(() => evaluate(() => window.log));
  assert.deepEqual(await logged(0), await evaluate(() => window.log));
  await evaluate(() => low.scrollIntoView());
  assert.deepEqual(await logged(1), ["on"]);
  await evaluate(() => scrollTo(0, 0));
  assert.deepEqual(await logged(2), ["on", "off true"]);
  await evaluate(() => low.scrollIntoView());
  await logged(3);
  await evaluate(() => low.remove());
  assert.deepEqual((await logged(4)).slice(2), ["on", "off true"]);

  await tab.context().close();
  await start(root("card", "x", 'data-when="presented" id="card"'), { "/assets/card.js": script("card", body) });
  await logged(1);
  await evaluate(() => (document.documentElement.dataset.pmxPlay = "step"));
  assert.deepEqual(await logged(2), ["on", "off true"]);
  await evaluate(() => (card.dataset.pathmxPlayState = "active"));
  assert.deepEqual(await logged(3), ["on", "off true", "on"]);
});

test("morph keeps the nodes that fit and what the reader does with them", async () => {
  await start(root("card", '<ul><li id="x">x</li><li id="y">y</li></ul><input value="a"><p>old</p>', 'id="c"'), {
    "/assets/card.js": script("card", "el.morph = ctx.morph"),
  });
  const now = await evaluate(() => {
    const c = document.getElementById("c"), x = c.querySelector("#x"), input = c.querySelector("input");
    input.focus();
    input.value = "typed";
    c.morph(c, '<ul class="n"><li id="y">Y</li><li id="z">z</li><li id="x">x</li></ul><input value="a"><p>new</p><p>more</p>');
    const same = c.querySelector("#x") === x && document.activeElement === input && input.value;
    c.morph(c.querySelector("ul"), "<ol><li>1</li></ol>", { mode: "element" });
    return [same, c.innerHTML, c.dataset.pathmxComponent];
  });
  assert.deepEqual(now, ["typed", '<ol><li>1</li></ol><input value="a"><p>new</p><p>more</p>', "card"]);
});

test("an edited script runs anew in place and keeps the state", async () => {
  const body = (n) => `ctx.cleanup(() => el.dataset.ended = "${n}"); on($("button"), "click", () => state.set("b")); $("b").textContent = "${n} " + state.get();`;
  const html = root("card", "<button>x</button><b></b>", 'id="c" data-pathmx-states="a | b" data-state="a"');
  await start(html, { "/assets/card.1.js": script("card", body(1)) });
  await tab.click("button");
  await change(html, { "/assets/card.2.js": script("card", body(2)) });
  await tab.waitForFunction(() => document.querySelector("b").textContent === "2 b");
  assert.equal(await tab.getAttribute("#c", "data-ended"), "1");
});

test("an edit of what is in a component, or of what it was given, begins it anew; one beside it does not", async () => {
  const scripts = { "/assets/card.js": script("card", "window.runs = (window.runs ?? 0) + 1; window.last = ctx.props.label + $$('b').length") };
  const html = (label, bolds, beside) => `<p>${beside}</p>` + root("card", bolds, `id="c" label="${label}"`);
  await start(html("one", "<b>1</b>", "x"), scripts);
  const seen = () => evaluate(() => [window.runs, window.last]);
  assert.deepEqual(await seen(), [1, "one1"]);
  await change(html("one", "<b>1</b>", "y <i>z</i>"), scripts);
  assert.deepEqual(await seen(), [1, "one1"]);
  await change(html("two", "<b>1</b>", "y"), scripts);
  assert.deepEqual(await seen(), [2, "two1"]);
  await change(html("two", "<b>1</b><b>2</b>", "y"), scripts);
  assert.deepEqual(await seen(), [3, "two2"]);
});

test("an element can be the root of two components", async () => {
  const scripts = { "/assets/a.js": script("outer", "el.append('outer ')"), "/assets/b.js": script("inner", "el.append('inner ')") };
  await start('<div data-pathmx-component="outer inner" data-pathmx-component-source="lib lib" id="c"></div>', scripts);
  assert.equal(await text("#c"), "outer inner ");
});
