// What search promises: pages first, the best title first, one slip forgiven, and excerpts that read as the page does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { block, page } from "./player-site.mjs";
import { readerOf } from "./reader.mjs";

const SHARDS = 4;
const part = (text, parts) => ([...Buffer.from(text)].reduce((sum, byte) => Math.imul(sum ^ byte, 0x01000193), 0x811c9dc5) >>> 0) % parts;
const shardOf = (term) => part([...term].slice(0, 2).join(""), SHARDS);

/** The files of an index of these Sources: `[id, title, terms, headings, kind]`, as the builder writes them. */
function indexed(sources) {
  const files = { "/search/index.json": { version: 1, shards: SHARDS, sources: sources.map(([id, title, , headings = [], kind]) => [id, id, `/${id}`, title, headings, ...(kind ? [kind] : [])]) } };
  for (let n = 0; n < SHARDS; n++) {
    const lines = sources.map(([id, , terms]) => [id, terms.filter((term) => shardOf(term) === n).join(" ")]);
    files[`/search/${SHARDS}/${n}.json`] = Object.fromEntries(lines.filter(([, line]) => line));
  }
  const all = [...new Set(sources.flatMap(([, , terms]) => terms.map((term) => term.slice(0, -1))))].filter((term) => term.length > 3).sort();
  files[`/search/${SHARDS}/ends/0.json`] = JSON.stringify(all.join(" "));
  return files;
}

const MATH = `<math display="inline"><semantics><mrow><mi>A</mi><mo>=</mo><mi>π</mi></mrow><annotation encoding="application/x-tex">A = \\pi rarestuff</annotation></semantics></math>`;
const PAGES = [
  ["index.path", "Home", ["home9", "start1"]],
  ["loops", "Loops", ["loops9"], [["while", "While loops"]]],
  ["all-loops", "All about loops", ["about5", "all5", "loops9"]],
  ["loops-more", "Loops and more loops", ["loops9", "more5"]],
  ["biology", "Photosynthesis", ["photosynthesis9", "leaves2"], [["chlorophyll", "Chlorophyll in leaves"]]],
  ["text", "Prose", ["zeppelin2", "flies1", "fliegen1", "naive1", "rarestuff1", "printx1", "escaped1", "gadget1"]],
  ["what", "What is a loop?", ["what5", "is5", "loop5"]],
  ["what-really", "What is a loop, really", ["what5", "is5", "loop5", "really5"]],
  ["cards.components", "Gadget", ["gadget9", "zeppelin3"], [["gadget", "Gadget"]], "component"],
  ["parts/zeppelin.include", "Zeppelin", ["zeppelin9"], [], "part"],
  ["gadgets", "Using things", ["gadget1", "form1"]],
];
const TEXT = block("a", `<h1>Prose</h1><p data-pathmx-search="ignore">zeppelin never read</p><script>var zeppelin = 1</script>
<p>Over the sea <b>fl</b>ies a <a href="/x">Zeppelin</a> &amp; more &lt;b&gt; at night, <code>fast</code>.</p><ul><li>one</li><li>Naïve words</li></ul>
<p>Area ${MATH} of it all is rare stuff</p><pre><code>zeppelin(); printx()</code></pre>`);
const CARDS = block("a", `<h1>Gadget</h1><p>A box for a thing.</p><pre><code>&lt;article class="gadget"&gt;zeppelin&lt;/article&gt;</code></pre>`);

const pages = Object.fromEntries(PAGES.map(([id, title]) => [`/${id}`, page(title, block("a", `<h1>${title}</h1><p>Words of it.</p>`))]));
const reader = readerOf({ ...pages, "/text": page("Prose", TEXT), "/cards.components": page("Gadget", CARDS), ...indexed(PAGES) });
let tab;

async function open() {
  tab = await reader.open("/index.path", { reducedMotion: "reduce" });
  await tab.evaluate(() => pmx.loadIndex());
}
/** Ids of the pages for a query, best first. */
const found = (query) => tab.evaluate(async (query) => (await pmx.findPages(query)).filter(({ heading }) => !heading).map(({ key }) => key), query);
const excerpt = (query, id) => tab.evaluate(async ([query, id]) => {
  const result = (await pmx.findPages(query)).find(({ key }) => key === id);
  const { text, places } = (await pmx.excerpt(result)) ?? {};
  return text && { text, marked: places.map(([from, to]) => text.slice(from, to)) };
}, [query, id]);

test("the page whose title is the query comes first, whatever else has its words", async () => {
  await open();
  assert.equal((await found("loops"))[0], "loops");
  assert.equal((await found("LOOPS "))[0], "loops");
  assert.deepEqual((await found("what is a loop")).slice(0, 2), ["what", "what-really"], "a sign at its end does not count");
  assert.equal((await found("photosynthesis"))[0], "biology");
  assert.equal((await found("loop"))[0], "loops", "a title that begins so");
});

test("pages come before what is no page, which says what it is", async () => {
  await open();
  assert.deepEqual(await found("gadget"), ["gadgets", "text", "cards.components"]);
  assert.deepEqual(await found("zeppelin"), ["text", "parts/zeppelin.include", "cards.components"]);
  await tab.keyboard.press("Control+k");
  await tab.fill("dialog.search input", "zeppelin");
  await tab.waitForSelector("[role=option]");
  assert.deepEqual(await tab.locator("[role=option] .trail").allTextContents(), ["text", "Part · parts/zeppelin.include", "Component · cards.components"]);
  assert.deepEqual(tab.errors, []);
});

test("one slip in a word of five letters or more is forgiven", async () => {
  await open();
  for (const [what, query] of [
    ["a letter missing", "photosynthsis"], ["a letter too many", "photosyntthesis"], ["another letter", "photosynthasis"],
    ["two changed places", "photosynhtesis"], ["in the first letter", "fhotosynthesis"], ["the first letter missing", "hotosynthesis"],
    ["one before the first", "xphotosynthesis"], ["the first two changed places", "hpotosynthesis"], ["while it is typed", "photosyxth"],
  ]) {
    assert.deepEqual(await found(query), ["biology"], what);
  }
  for (const query of ["photosinthasis", "chlorophil leaves", "pohtosynthesi5"]) assert.deepEqual(await found(query), [], `two slips are too many: ${query}`);
  assert.equal((await tab.evaluate(async () => (await pmx.findPages("clorophyll leaves"))[0]))?.key, "biology#chlorophyll", "in a heading");
});

test("one slip is forgiven in the text, too, wherever in the word it is", async () => {
  await open();
  for (const query of ["zepelin", "zeppelim", "zpepelin", "xeppelin", "eppelin", "ezppelin", "zzeppelin", "zeppeli"]) {
    assert.equal((await found(query))[0], "text", query);
  }
  const { text, marked } = await excerpt("xeppelin", "text");
  assert.deepEqual(marked, ["Zeppelin"], text);
});

test("short words and numbers are taken as they are typed, and words as typed come before those with a slip", async () => {
  await open();
  assert.deepEqual(await found("from"), [], "form");
  assert.deepEqual(await found("hone"), [], "home");
  assert.deepEqual(await found("abuot"), ["all-loops"]);
  const all = await found("loops");
  assert.ok(all.indexOf("what") < 0 || all.indexOf("what") > all.indexOf("all-loops"), `${all}`);
});

test("an excerpt is what a reader sees: no markup, no code, no formula's source, words as they are written", async () => {
  await open();
  const { text, marked } = await excerpt("zeppelin", "text");
  assert.equal(text, "Over the sea flies a Zeppelin & more <b> at night, fast. one Naïve words Area A=π of it all is rare stuff");
  assert.deepEqual(marked, ["Zeppelin"]);
  assert.deepEqual((await excerpt("flies", "text")).marked, ["flies"], "a word of two elements");
  assert.deepEqual((await excerpt("naive", "text")).marked, ["Naïve"], "accents are found without");
  assert.equal(await excerpt("rarestuff", "text"), undefined, "the source of a formula is not shown");
  assert.equal((await excerpt("printx", "text")).text, "zeppelin(); printx()", "code is shown where the word is nowhere else");
});

test("of a component its words are shown and never its code", async () => {
  await open();
  assert.deepEqual(await excerpt("zeppelin", "cards.components"), { text: "A box for a thing.", marked: [] });
});

test("a long text is cut where most of the words are, between words", async () => {
  await open();
  const cut = (text, words) => tab.evaluate(([text, words]) => {
    const places = pmx.places(text, words);
    return places.map(([from, to]) => text.slice(from, to));
  }, [text, words]);
  assert.deepEqual(await cut("Straße, STRASSE, café CAFE\u0301s donau\u00addampf 東京都庁", ["cafe", "donaud", "京都"]), ["café", "CAFE\u0301", "donau\u00add", "京都"]);
  const long = `${"alpha beta ".repeat(60)}gamma delta ${"beta ".repeat(60)}`;
  reader.site.files["/long"] = page("Long", block("a", `<p>${long}</p>`));
  const made = await tab.evaluate(() => pmx.excerpt({ source: { href: "/long" }, words: ["alpha", "gamma", "delta"], slips: [] }));
  assert.match(made.text, /^… (alpha|beta) .*gamma delta beta.* beta …$/);
  assert.ok(made.text.length < 170, made.text);
});
