// What the search knows: the site's own index, in pieces that are fetched when a word needs them.
((pmx) => {
"use strict";
const { words, plain, near } = pmx;

const json = async (path, options) => {
  const answer = await fetch(pmx.address(path), options);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
};

let index, pieces, loading, failed;

function take(found) {
  pieces = new Map();
  // Without an index of its text a site still has its titles.
  const sources = found.sources.map((source) => (Array.isArray(source) ? source : [source.id, source.id, source.route && pmx.address(source.route), source.title, []]));
  index = {
    shards: found.shards ?? 0,
    sources: sources.filter(([, , route]) => route).map(([key, id, route, title, headings, kind]) => ({
      key, id, kind,
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

// Terms are spread over the pieces by their first two characters, and listed by their last two.
function partOf(text, parts) {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % parts;
}
const shardOf = (term) => partOf([...term].slice(0, 2).join(""), index.shards);
const endOf = (term) => partOf([...term].slice(-2).join(""), Math.max(1, index.shards >> 2));

function piece(path, none) {
  const { shards } = index;
  const known = pieces;
  if (!known.has(path)) {
    known.set(path, json(`/search/${shards}/${path}.json`).catch(() => {
      known.delete(path);
      loading = undefined; // the index is older than the site
      return none;
    }));
  }
  return known.get(path);
}

// Each page's terms of a shard, by the page's key.
const terms = async (shard) => Object.entries(await piece(shard, {})).map(([key, list]) => [key, list.split(" ")]);
const letters = (term) => term.slice(0, -1);

/** What the text of each page weighs for a word or its start, by the page's key. */
async function weights(word) {
  const found = new Map();
  if (!index.shards || ([...word].length < 2 && !pmx.unspaced(word))) return found;
  for (const [key, list] of await terms(shardOf(word))) {
    let sum = 0;
    for (const term of list) if (term.startsWith(word)) sum += +term.at(-1) * (term.length === word.length + 1 ? 2 : 1);
    if (sum) found.set(key, sum);
  }
  return found;
}

const MOST_MEANT = 6; // shards of words that may be meant
/** The same for words that are nearly this one, and which those are: `{weight, terms}`. */
async function nearWeights(word) {
  const found = new Map();
  if (!index.shards || !pmx.forgiving(word)) return found;
  const own = shardOf(word), shards = new Set([own]);
  if (index.shards > 1) {
    // A word with a wrong beginning lies elsewhere; its end says where.
    for (const term of (await piece(`ends/${endOf(word)}`, "")).split(" ")) {
      if (shards.size <= MOST_MEANT && term.length - word.length < 2 && near(word, term)) shards.add(shardOf(term));
    }
  }
  for (const list of await Promise.all([...shards].map(terms))) {
    for (const [key, listed] of list) {
      for (const term of listed) {
        if (!near(word, letters(term))) continue;
        const entry = found.get(key) ?? { weight: 0, terms: [] };
        entry.weight += +term.at(-1);
        entry.terms.push(letters(term));
        found.set(key, entry);
      }
    }
  }
  return found;
}

const WHOLE = 2, START = 1, NEAR = 0.5;
/** How well a word is met by one of a list; `slips` collects those that it only nearly is. */
function match(list, word, slips) {
  if (list.includes(word)) return WHOLE;
  if (list.some((one) => one.startsWith(word))) return START;
  const meant = slips && pmx.forgiving(word) ? list.filter((one) => near(word, one)) : [];
  slips?.push(...meant);
  return meant.length ? NEAR : 0;
}

// What is found of a query in a page; nothing where one of its words is nowhere. With `nearText`, words that it has only nearly count.
function hit(source, wanted, whole, inText, nearText) {
  const slips = nearText ? [] : undefined;
  let score = 0, text = false, best, strongest = 0, wrong = 0;
  const titled = wanted.map((word) => match(source.words, word, slips));
  for (const heading of source.headings) {
    const each = wanted.map((word) => match(heading.words, word, slips));
    const sum = each.every(Boolean) ? each.reduce((total, one) => total + one) + same(heading.words, wanted, nearText) : 0;
    if (sum > strongest) (strongest = sum), (best = heading);
  }
  const all = wanted.every((word, n) => {
    const title = titled[n];
    const heading = Math.max(0, ...source.headings.map(({ words }) => match(words, word, slips)));
    const path = match(source.path, word), weight = inText[n].get(source.key) ?? 0;
    const nearly = weight ? undefined : nearText?.[n].get(source.key);
    if (title < START && heading < START && !path && !weight) {
      if (!title && !heading && !nearly) return false;
      wrong++;
      slips.push(...(nearly?.terms ?? []));
    }
    if (!title && !heading) text ||= weight > 0 || !!nearly;
    score += title * 60 + heading * 18 + path * 6 + Math.min(weight + (nearly?.weight ?? 0) / 2, 16);
    return true;
  });
  if (!all) return;
  const tier = same(source.words, wanted, nearText) ? 5 : source.plain.startsWith(whole) ? 4 : titled.every(Boolean) ? 3 : best && same(best.words, wanted, nearText) ? 2 : best ? 1 : 0;
  return { source, rank: [source.kind ? 1 : 0, wrong, -tier, -score, source.words.length, source.path.length], text, best, titled: titled.some(Boolean), slips: [...new Set(slips)] };
}
// Whether a title has the words of a query, and no others.
const same = (list, wanted, nearly) => list.length === wanted.length && list.every((one, n) => one === wanted[n] || (!!nearly && near(wanted[n], one)));

function order(a, b) {
  const n = a.rank.findIndex((value, n) => value !== b.rank[n]);
  return n < 0 ? a.source.title.localeCompare(b.source.title) || (a.source.id < b.source.id ? -1 : 1) : a.rank[n] - b.rank[n];
}

const ENOUGH = 5; // pages that have the words as they were typed: then nobody needs those that have them nearly
const OTHERS = 3; // places in a full list that are kept for what is no page
/**
 * The pages and headings for a query, best first: `{key, kind, title, trail, href, source, words, slips, text}`. Pages come before
 * definitions of components and other parts, words as typed before those with a slip, titles before headings, headings before text;
 * every word of the query must be somewhere in the page.
 */
pmx.findPages = async (query, most = 24) => {
  if (!index) return [];
  const wanted = words(query).slice(0, 8);
  if (!wanted.length) return [];
  const whole = plain(query).trim();
  const { sources } = index;
  const inText = await Promise.all(wanted.map(weights));
  const look = (nearText) => sources.map((source) => hit(source, wanted, whole, inText, nearText)).filter(Boolean);
  let hits = look();
  if (hits.filter(({ source }) => !source.kind).length < ENOUGH && wanted.some(pmx.forgiving)) {
    hits = look(await Promise.all(wanted.map(nearWeights)));
  }
  hits.sort(order);
  const pages = entries(hits.filter(({ source }) => !source.kind).slice(0, most), wanted);
  const others = entries(hits.filter(({ source }) => source.kind).slice(0, most), wanted);
  return [...pages.slice(0, most - Math.min(OTHERS, others.length)), ...others].slice(0, most);
};

// A page and the heading of it that is meant: one of them, or both.
function entries(hits, words) {
  const found = [];
  for (const { source, text, best, titled, slips } of hits) {
    const page = { key: source.id, kind: source.kind, title: source.title, trail: source.id, href: source.href, source, words, slips, text };
    const part = best && { ...page, key: `${source.id}#${best.slug}`, title: best.text, trail: source.title, href: `${source.href}#${best.slug}`, heading: true, text: false };
    if (!part || titled || text) found.push(page);
    if (part) found.push({ ...part, under: found.at(-1) === page });
  }
  return found;
}
})((window.pmx ??= {}));
