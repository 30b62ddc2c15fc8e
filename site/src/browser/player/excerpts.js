// What a result shows of a page: a piece of it as readers see it, cut from the page itself.
((pmx) => {
"use strict";
const LENGTH = 150, BEFORE = 50;
const KEPT = 60; // pages
const LOOKED = 200; // places of words, for the one with most of them around it
const LARGEST = 2_000_000; // characters of a page; there is no looking into more while somebody types

// What the index does not read either (`site/search/record.rs`).
const UNREAD = "script, style, template, noscript, annotation, annotation-xml, button, [data-pathmx-search=ignore], [aria-hidden=true]";
const INLINE = /^(a|abbr|b|bdi|bdo|cite|code|data|del|dfn|em|font|i|ins|kbd|label|mark|q|s|samp|small|span|strong|sub|sup|time|tspan|u|var|wbr)$/;

const texts = new Map();
/** What a page says: `{prose, code}`, in lines of one space between words. */
async function read(href) {
  const answer = await fetch(href, { headers: { accept: "text/html" } });
  const html = answer.ok && /html/.test(answer.headers.get("content-type")) ? await answer.text() : "";
  if (!html || html.length > LARGEST) return { prose: "", code: "" };
  const article = new DOMParser().parseFromString(html, "text/html").querySelector(".pmx-document");
  for (const node of article?.querySelectorAll(UNREAD) ?? []) node.remove();
  // The title stands above the excerpt.
  article?.querySelector("h1")?.remove();
  const code = [...(article?.querySelectorAll("pre") ?? [])].map((pre) => (pre.remove(), pre.textContent)).join(" ");
  return { prose: line(article ? said(article) : ""), code: line(code) };
}
const line = (text) => text.replace(/\s+/g, " ").trim();

// Words end where elements stand apart.
function said(node) {
  let text = "";
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) text += child.data;
    else if (child.localName === "math") text += child.textContent;
    else if (child.nodeType === Node.ELEMENT_NODE) text += INLINE.test(child.localName) ? said(child) : ` ${said(child)} `;
  }
  return text;
}

/**
 * The piece of a result's page that has most of its words, with the places to mark: `{text, places}`; nothing where they are not in
 * what a reader sees. Code is shown of pages only, and only where the words are nowhere else.
 */
pmx.excerpt = async ({ source, words, slips }) => {
  const { href, kind } = source;
  if (!texts.has(href)) {
    if (texts.size > KEPT) texts.delete(texts.keys().next().value);
    texts.set(href, read(href).catch(() => (texts.delete(href), { prose: "", code: "" })));
  }
  const { prose, code } = await texts.get(href);
  return cut(prose, words, slips) ?? (kind ? undefined : cut(code, words, slips)) ?? (kind && prose ? { text: start(prose), places: [] } : undefined);
};

const start = (text) => (text.length > LENGTH ? `${text.slice(0, text.lastIndexOf(" ", LENGTH))} …` : text);

function cut(text, words, slips) {
  const places = pmx.places(text, words, slips);
  if (!places.length) return;
  const looked = places.slice(0, LOOKED);
  const named = looked.map(([from, to]) => pmx.plain(text.slice(from, to)));
  let best = 0, most = 0;
  looked.forEach(([from], n) => {
    const near = new Set();
    for (let i = n; i < looked.length && looked[i][1] <= from + LENGTH - BEFORE; i++) near.add(named[i]);
    // Of places beside each other the one with the words closest to it.
    if (near.size > most || (most > 1 && near.size === most && from - looked[best][0] < LENGTH - BEFORE)) (most = near.size), (best = n);
  });
  const at = places[best][0];
  const from = at <= BEFORE ? 0 : text.indexOf(" ", at - BEFORE) + 1;
  // A word that is longer than all of that is cut.
  const begin = from > at || !from && at > BEFORE ? at : from;
  const last = text.lastIndexOf(" ", begin + LENGTH);
  let end = text.length <= begin + LENGTH ? text.length : last > at ? last : begin + LENGTH;
  if (/[\udc00-\udfff]/.test(text[end] ?? "")) end++; // no half of a character
  const lead = begin ? "… " : "";
  return {
    text: `${lead}${text.slice(begin, end)}${end < text.length ? " …" : ""}`,
    places: places.filter(([a, b]) => a >= begin && b <= end).map((place) => place.map((one) => one - begin + lead.length)),
  };
}

/** Forgets what pages said: they may say something else now. */
pmx.hear("updated", () => texts.clear());
})((window.pmx ??= {}));
