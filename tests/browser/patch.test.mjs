// What a page keeps, and what it takes over, when its document changes.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, sameWindow, shows, until } from "./browser.mjs";
import { block, page, Stub } from "./stub.mjs";

let browser, stub, tab;
before(async () => (browser = await launch()));
after(() => browser.close());
beforeEach(async () => (stub = await Stub.start()));
afterEach(async () => {
  await tab?.context().close();
  await stub.close();
});

/** Publishes one page, opens it, and waits until its socket is there. */
async function start(body, options) {
  stub.publish({ "/index.path": page(body, options) });
  tab = await open(browser, `${stub.url}/index.path`);
  await until(() => stub.sockets.length, "a socket");
  return tab;
}

/** Publishes the page anew and waits until it is shown, in the same window. */
async function change(body, options) {
  stub.publish({ "/index.path": page(body, options) });
  await shows(tab, `deploy-${stub.seq}`);
  await tab.waitForFunction((n) => window.updates.length >= n, 1);
  assert.ok(await sameWindow(tab), "the page was reloaded");
}

const tall = (text) => `<p>${text}</p><div style="height:900px"></div>`;

test("what the reader typed, chose and opened stays, in the block that changed too", async () => {
  const form = (label) => block("form", `<h2>${label}</h2><p>${label}</p>
    <input id="name" value="served"><textarea>served</textarea>
    <input type="checkbox" id="box"><select><option>a</option><option>b</option></select>
    <details><summary>More</summary>inside</details>`);
  await start(form("old"));
  await tab.fill("#name", "typed by hand");
  await tab.fill("textarea", "a long text");
  await tab.check("#box");
  await tab.selectOption("select", "b");
  await tab.click("summary");
  await tab.evaluate(() => {
    const input = document.querySelector("#name");
    input.focus();
    input.setSelectionRange(2, 5);
    window.input = input;
  });
  await change(block("intro", "<p>A new block above</p>") + form("new"));
  const now = await tab.evaluate(() => ({
    heading: document.querySelector("h2").textContent,
    same: window.input.isConnected && document.activeElement === window.input,
    value: window.input.value,
    range: [window.input.selectionStart, window.input.selectionEnd],
    area: document.querySelector("textarea").value,
    box: document.querySelector("#box").checked,
    select: document.querySelector("select").value,
    open: document.querySelector("details").open,
    first: document.querySelector(".pmx-document > section").id,
  }));
  assert.deepEqual(now, { heading: "new", same: true, value: "typed by hand", range: [2, 5], area: "a long text", box: true, select: "b", open: true, first: "intro" });
});

test("what is being read stays where it is on the screen when text above it grows", async () => {
  const blocks = (first) => block("a", first) + block("b", tall("second")) + block("c", tall("third"));
  // Not every browser keeps the place by itself.
  const head = "<style>html { overflow-anchor: none }</style>";
  await start(blocks(tall("first")), { head });
  await tab.evaluate(() => document.querySelector("#b p").scrollIntoView({ behavior: "instant" }));
  const top = () => tab.evaluate(() => Math.round(document.querySelector("#b p").getBoundingClientRect().top));
  const old = await top();
  await change(blocks(tall("first") + tall("much more") + tall("and more")), { head });
  assert.ok(Math.abs((await top()) - old) <= 1, `moved from ${old} to ${await top()}`);
});

test("the field that is typed into stays where it is on the screen when a list above it grows", async () => {
  const head = "<style>html { overflow-anchor: none }</style>";
  const body = (items) => block("a", tall("first")) + block("b", `<ul>${"<li>item</li>".repeat(items)}</ul><p><input id="q"></p>`) + block("c", tall("third"));
  await start(body(9), { head });
  await tab.evaluate(() => {
    document.querySelector("#b").scrollIntoView({ behavior: "instant" });
    scrollBy({ top: 40, behavior: "instant" });
    document.querySelector("#q").focus({ preventScroll: true });
  });
  const top = () => tab.evaluate(() => Math.round(document.querySelector("#q").getBoundingClientRect().top));
  const old = await top();
  await change(body(12), { head });
  assert.ok(Math.abs((await top()) - old) <= 1, `moved from ${old} to ${await top()}`);
});

test("at the top of the page a new first block is seen", async () => {
  await start(block("a", tall("first")));
  await change(block("new", "<p>new</p>") + block("a", tall("first")));
  assert.equal(await tab.evaluate(() => scrollY), 0);
});

test("selected text stays selected when other words of the paragraph change", async () => {
  await start(block("a", "<p>The quick brown fox jumps over the lazy dog</p>"));
  await tab.evaluate(() => {
    const text = document.querySelector("p").firstChild;
    getSelection().setBaseAndExtent(text, 10, text, 15);
  });
  await change(block("a", "<p>The quick brown fox jumps over a sleeping dog</p>"));
  assert.equal(await tab.evaluate(() => String(getSelection())), "brown");
});

test("what scripts made of a page stays where the server changed nothing", async () => {
  await start(block("a", '<p class="lamp">off</p>') + block("b", "<p>old</p>"));
  await tab.evaluate(() => {
    const lamp = document.querySelector(".lamp");
    lamp.textContent = "on";
    lamp.dataset.state = "on";
    lamp.after(document.createElement("hr"));
    document.documentElement.dataset.pathmxColorScheme = "dark";
  });
  await change(block("a", '<p class="lamp">off</p><p>one more</p>') + block("b", "<p>new</p>"));
  const now = await tab.evaluate(() => [document.querySelector(".lamp").outerHTML, document.querySelectorAll("#a hr").length, document.documentElement.dataset.pathmxColorScheme, document.querySelector("#b").textContent]);
  assert.deepEqual(now, ['<p class="lamp" data-state="on">on</p>', 1, "dark", "new"]);
});

test("blocks that move keep their elements, and those that go are gone", async () => {
  await start(["a", "b", "c", "d"].map((id) => block(id, `<p>${id}</p><input id="in-${id}">`)).join("\n"));
  await tab.fill("#in-c", "kept");
  await tab.focus("#in-c");
  await change(["c", "e", "a", "d"].map((id) => block(id, `<p>${id}</p><input id="in-${id}">`)).join("\n"));
  const now = await tab.evaluate(() => [[...document.querySelectorAll("section")].map((s) => s.id).join(""), document.querySelector("#in-c").value, document.activeElement.id]);
  assert.deepEqual(now, ["cead", "kept", "in-c"]);
});

test("an element of the same id and another kind takes the place of the old one", async () => {
  await start(block("a", '<h2 id="words">Words</h2><p>text</p>'));
  await change(block("a", '<h1 id="words">Words</h1><p>text</p>'));
  assert.equal(await tab.evaluate(() => document.querySelector("#words").outerHTML), '<h1 id="words">Words</h1>');
});

test("what a script put into an element goes with it where pmx makes another kind of element in its place", async () => {
  await start(block("a", '<div class="pmx-code-block"><pre>code</pre></div>'));
  await tab.evaluate(() => document.querySelector(".pmx-code-block").append(document.createElement("button")));
  await change(block("a", '<div class="pmx-math">formula</div>'));
  assert.equal(await tab.evaluate(() => document.querySelector(".pmx-math").outerHTML), '<div class="pmx-math">formula</div>');
  await tab.evaluate(() => document.querySelector(".pmx-math").append(document.createElement("button")));
  stub.publish({ "/index.path": page(block("a", '<div class="pmx-math">another</div>')) });
  await tab.waitForFunction(() => document.querySelector(".pmx-math")?.textContent === "another");
  assert.equal(await tab.evaluate(() => document.querySelectorAll(".pmx-math button").length), 1, "it stays where the kind is the same");
});

test("a Block with a selection stays where it is and the others move round it", async () => {
  const texts = (ids) => ids.map((id) => block(id, `<p>${id} words</p>`)).join("\n");
  await start(texts(["a", "b", "c", "kept"]));
  await tab.evaluate(() => {
    const text = document.querySelector("#kept p").firstChild;
    getSelection().setBaseAndExtent(text, 0, text, 4);
  });
  for (const ids of [["d", "c", "kept"], ["kept", "c", "d"], ["c", "e", "d", "kept"]]) {
    await change(texts(ids));
    assert.deepEqual(await tab.evaluate(() => [String(getSelection()), [...document.querySelectorAll("section")].map((s) => s.id)]), ["kept", ids]);
  }
});

test("title, language and attributes of the document follow", async () => {
  await start(block("a", "<p>old</p>"), { title: "Old" });
  await change(block("a", '<p lang="fr">neuf</p>'), { title: "New", html: ' data-pathmx-color-scheme="dark"' });
  assert.equal(await tab.title(), "New");
  assert.equal(await tab.evaluate(() => document.documentElement.dataset.pathmxColorScheme + document.querySelector("p").lang), "darkfr");
});

test("a new script runs, one that stayed does not run again", async () => {
  const counter = "<script>window.runs = (window.runs ?? 0) + 1</script>";
  await start(block("a", `<p>old</p>${counter}`));
  assert.equal(await tab.evaluate(() => window.runs), 1);
  await change(block("a", `<p>new</p>${counter}`) + block("b", "<div><script>window.second = document.currentScript.parentNode.tagName</script></div>"));
  assert.deepEqual(await tab.evaluate(() => [window.runs, window.second]), [1, "DIV"]);
});

test("scripts of a patched page run in their order, those from a file too", async () => {
  await start(block("a", "<p>old</p>"));
  const script = (name) => `<script src="/${name}.js"></script>`;
  stub.publish({
    "/index.path": page(block("a", `<p>new</p>${script("first")}${script("second")}<object data="data:,x"></object>`)),
    "/first.js": "window.order = 'first'",
    "/second.js": "window.order += ' second'",
  });
  await tab.waitForFunction(() => window.order === "first second");
  await change(block("a", `<p>newer</p><object data="data:,y"></object>`));
  assert.equal(await tab.evaluate(() => document.querySelector("object").data), "data:,y");
});

test("the focus finds an element of the same id again when its own is gone", async () => {
  await start(block("a", '<p><input id="q"></p>'));
  await tab.focus("#q");
  await change(block("b", '<div><input id="q" class="new"></div>'));
  assert.equal(await tab.evaluate(() => document.activeElement.className), "new");
});

test("the page becomes what the server sends, whatever it was before", async () => {
  const words = ["<p>x</p>", "<ul><li>1</li><li>2</li></ul>", "<p>x</p>", "<pre><code>c</code></pre>", "<svg viewBox='0 0 1 1'><a xlink:href='#a'><path d='M0 0'/></a></svg>", "text", "<table><tbody><tr><td>t</td></tr></tbody></table>", "<!-- c -->"];
  let seed = 7;
  const random = (n) => Math.floor(((seed = (seed * 48271) % 2147483647) / 2147483647) * n);
  const body = () => Array.from({ length: 1 + random(6) }, (_, i) => block(`b${random(9)}-${i % 3}`, Array.from({ length: random(8) }, () => words[random(words.length)] + (random(2) ? "\n" : "")).join(""))).join("\n");
  await start(body());
  for (let round = 0; round < 25; round++) {
    const next = body() + block(`round-${round}`, "<p>one of a kind</p>");
    await change(next);
    const [shown, sent] = await tab.evaluate((html) => [document.querySelector("article").innerHTML, new DOMParser().parseFromString(html, "text/html").querySelector("article").innerHTML], page(next));
    assert.equal(shown, sent);
  }
});
