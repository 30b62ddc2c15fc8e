// What the search knows: the site's own index, in pieces that are fetched when a word needs them.
((pmx) => {
"use strict";

// Words as the index has them: `site/search` describes it. A word that is being typed may have one letter.
const UNSPACED = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]+/u;
const base = (letter) => {
  const first = letter.normalize("NFD")[0];
  return first <= "\x7f" ? first : letter;
};
const plain = (text) =>
  text.toLowerCase().replace(/[\u00ad\u0300-\u036f\u200b-\u200d\u2060\ufeff]/g, "").replaceAll("ς", "σ").replace(/[\u00c0-\u024f\u1e00-\u1eff]/g, base);
const words = (text) => {
  const found = [];
  for (const run of plain(text).match(/[\p{Alphabetic}\p{N}]+/gu) ?? []) {
    for (const part of run.split(new RegExp(`(${UNSPACED.source})`, "u"))) {
      if (!part) continue;
      const letters = [...part];
      if (!UNSPACED.test(part)) found.push(letters.slice(0, 32).join(""));
      else if (letters.length === 1) found.push(part);
      else for (let n = 1; n < letters.length; n++) found.push(letters[n - 1] + letters[n]);
    }
  }
  return found;
};
pmx.words = words;

const json = async (path, options) => {
  const answer = await fetch(pmx.address(path), options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
};

let index, shards, loading, failed;

function take(found) {
  shards = new Map();
  // Without an index of its text a site still has its titles.
  const sources = found.sources.map((source) => (Array.isArray(source) ? source : [source.id, source.id, source.route && pmx.address(source.route), source.title, []]));
  index = {
    shards: found.shards ?? 0,
    sources: sources.filter(([, , route]) => route).map(([key, id, route, title, headings]) => ({
      key, id,
      href: route,
      title: title || id,
      plain: plain(title || id),
      words: words(title || id),
      path: words(id),
      headings: headings.map(([slug, text]) => ({ slug, text, words: words(text) })),
    })),
  };
}

/** Makes the index ready: at once from this session when it is there, and anew from the site; `changed` is told of news. */
pmx.loadIndex = (changed) => {
  const kept = pmx.session.get("index");
  if (!index && kept?.mount === pmx.mount) take(kept.found);
  loading ??= (async () => {
    try {
      const found = await json("/search/index.json", { cache: "no-cache" }).catch(() => json("/graph-index.json", { cache: "no-cache" }));
      if (JSON.stringify(kept?.found) !== JSON.stringify(found) || !index) {
        take(found);
        if (JSON.stringify(found).length < 1_000_000) pmx.session.set("index", { mount: pmx.mount, found });
        changed?.();
      }
      failed = false;
    } catch {
      failed = !index;
      changed?.();
    }
    // An open page may outlive many deploys.
    setTimeout(() => (loading = undefined), 10_000);
  })();
  return index ? Promise.resolve() : loading;
};
pmx.indexFailed = () => failed;

// Terms are spread over the pieces by their first two characters.
function shardOf(term) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode([...term].slice(0, 2).join(""))) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % index.shards;
}

/** What the text of each page weighs for a word or its start, by the page's key. */
async function weights(word) {
  const found = new Map();
  if (!index.shards || ([...word].length < 2 && !UNSPACED.test(word))) return found;
  const path = `/search/${index.shards}/${shardOf(word)}.json`;
  if (!shards.has(path)) {
    shards.set(path, json(path).catch(() => {
      shards.delete(path);
      loading = undefined; // the index is older than the site
      return {};
    }));
  }
  for (const [key, terms] of Object.entries(await shards.get(path))) {
    let sum = 0;
    for (const term of terms.split(" ")) if (term.startsWith(word)) sum += +term.at(-1) * (term.length === word.length + 1 ? 2 : 1);
    if (sum) found.set(key, sum);
  }
  return found;
}

/**
 * The pages and headings for a query, best first: `{key, title, trail, href, source, words, text}`. Titles come before
 * headings, headings before text; every word of the query must be somewhere in the page.
 */
pmx.findPages = async (query, most = 24) => {
  if (!index) return [];
  const wanted = words(query).slice(0, 8);
  if (!wanted.length) return [];
  const whole = plain(query).trim();
  const { sources } = index;
  const inText = await Promise.all(wanted.map(weights));
  const hits = [];
  for (const source of sources) {
    let score = 0, text = false, best, strongest = 0;
    for (const heading of source.headings) {
      const each = wanted.map((word) => match(heading.words, word));
      const sum = each.every(Boolean) ? each.reduce((total, one) => total + one) : 0;
      if (sum > strongest) (strongest = sum), (best = heading);
    }
    const titled = wanted.map((word) => match(source.words, word));
    const all = wanted.every((word, n) => {
      const heading = Math.max(0, ...source.headings.map(({ words }) => match(words, word)));
      const path = match(source.path, word), weight = inText[n].get(source.key) ?? 0;
      if (!titled[n] && !heading) text ||= weight > 0;
      score += titled[n] * 60 + heading * 18 + path * 6 + Math.min(weight, 16);
      return titled[n] || heading || path || weight;
    });
    if (!all) continue;
    if (source.plain === whole) score += 2000;
    else if (source.plain.startsWith(whole)) score += 700;
    else if (titled.every(Boolean)) score += 300;
    hits.push({ source, score, text, best, titled: titled.some(Boolean) });
  }
  hits.sort((a, b) => b.score - a.score || a.source.title.localeCompare(b.source.title));
  const results = [];
  for (const { source, text, best, titled } of hits.slice(0, most)) {
    const page = { key: source.id, title: source.title, trail: source.id, href: source.href, source, words: wanted, text };
    const part = best && { ...page, key: `${source.id}#${best.slug}`, title: best.text, trail: source.title, href: `${source.href}#${best.slug}`, heading: true, text: false };
    if (!part || titled || text) results.push(page);
    if (part) results.push({ ...part, under: results.at(-1) === page });
  }
  return results.slice(0, most);
};

// 2: a word of it; 1: the start of one.
const match = (list, word) => (list.includes(word) ? 2 : list.some((one) => one.startsWith(word)) ? 1 : 0);

const texts = new Map();
/** A piece of a page's text around the first of the words, from what agents read; empty when there is none. */
pmx.excerpt = async (source, wanted) => {
  const path = `/${source.id.split("/").map(encodeURIComponent).join("/")}.md`;
  if (!texts.has(path)) {
    if (texts.size > 60) texts.delete(texts.keys().next().value);
    texts.set(path, fetch(pmx.address(path)).then((answer) => (answer.ok ? answer.text() : "")).then(readable).catch(() => ""));
  }
  const text = await texts.get(path);
  const places = wanted.map((word) => text.search(new RegExp(`(?<![\\p{L}\\p{N}])${word}`, "iu"))).filter((place) => place >= 0);
  const at = Math.min(...places);
  if (!Number.isFinite(at)) return "";
  const from = at < 50 ? 0 : text.indexOf(" ", at - 50) + 1;
  return `${from ? "… " : ""}${text.slice(from, from + 150)}${text.length > from + 150 ? " …" : ""}`;
};

const readable = (markdown) => markdown
  .replace(/^---\n[\s\S]*?\n---\n/, "").replace(/<!--[\s\S]*?-->/g, " ").replace(/<[^>\n]*>/g, " ").replace(/^\[@[^\]]*\]:.*$/gm, " ")
  .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/^[#>\s*+-]+|[`*_|~]+/gm, " ").replace(/\s+/g, " ").trim();
})((window.pmx ??= {}));
