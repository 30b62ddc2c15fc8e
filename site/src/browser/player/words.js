// Words of a text and of a query: the same as those of the index, which `site/search` describes.
((pmx) => {
"use strict";

const UNSPACED = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]+/u;
const MARKS = "\\u00ad\\u0300-\\u036f\\u200b-\\u200d\\u2060\\ufeff";
const LONGEST = 32;
const FORGIVING = 5; // letters that a word has before one of them may be wrong

const base = (letter) => {
  const first = letter.normalize("NFD")[0];
  return first <= "\x7f" ? first : letter;
};
/** The text in small letters without accents. */
pmx.plain = (text) =>
  text.toLowerCase().replace(new RegExp(`[${MARKS}]`, "g"), "").replaceAll("ς", "σ").replace(/[\u00c0-\u024f\u1e00-\u1eff]/g, base);

/** The terms of a text. A word that is being typed may have one letter. */
pmx.words = (text) => {
  const found = [];
  for (const run of pmx.plain(text).match(/[\p{Alphabetic}\p{N}]+/gu) ?? []) {
    for (const part of run.split(new RegExp(`(${UNSPACED.source})`, "u"))) {
      if (!part) continue;
      const letters = [...part];
      if (!UNSPACED.test(part)) found.push(letters.slice(0, LONGEST).join(""));
      else if (letters.length === 1) found.push(part);
      else for (let n = 1; n < letters.length; n++) found.push(letters[n - 1] + letters[n]);
    }
  }
  return found;
};
pmx.unspaced = (word) => UNSPACED.test(word);

/** Whether one letter may be wrong in a word, at least where the one that is meant has a letter more. */
pmx.forgiving = (word) => word.length >= FORGIVING - 1 && /\p{Alphabetic}/u.test(word) && !UNSPACED.test(word);

/**
 * Whether the word is this term but for one slip: a letter too many, one too few, another one, or two that changed places. A word that
 * is still being typed is compared with the start of the term; then its last letter must be right.
 */
pmx.near = (word, term) => {
  if (Math.max(word.length, term.length) < FORGIVING) return false;
  let at = 0;
  while (at < word.length && word[at] === term[at]) at++;
  // The beginning of a term is no slip.
  if (at === word.length) return false;
  const slips = [[at + 1, at + 1], [at, at + 1], [at + 1, at]];
  if (word[at] === term[at + 1] && word[at + 1] === term[at]) slips.push([at + 2, at + 2]);
  return slips.some(([mine, its]) => {
    const rest = word.slice(mine);
    return rest === term.slice(its) || (word.length >= FORGIVING && rest && term.startsWith(rest, its));
  });
};

/**
 * The places in a text, as `[from, to]` in order, where words begin with one of `starts`, or are one of `wholes`; all of them as the
 * index has them.
 */
pmx.places = (text, starts, wholes = []) => {
  const spaced = starts.filter((word) => !UNSPACED.test(word)), pairs = starts.filter((word) => UNSPACED.test(word));
  const found = [];
  for (const { 0: run, index } of text.matchAll(new RegExp(`[\\p{Alphabetic}\\p{N}${MARKS}]+`, "gu"))) {
    for (const pair of pairs) for (let at = run.indexOf(pair); at >= 0; at = run.indexOf(pair, at + 1)) found.push([index + at, index + at + pair.length]);
    const word = pmx.plain(run);
    const start = spaced.filter((one) => word.startsWith(one)).sort((a, b) => b.length - a.length)[0];
    if (wholes.includes(word)) found.push([index, index + run.length]);
    else if (start) found.push([index, index + reach(run, start.length)]);
  }
  found.sort(([a], [b]) => a - b);
  const merged = [];
  for (const [from, to] of found) {
    if (merged.at(-1)?.[1] >= from) merged.at(-1)[1] = Math.max(merged.at(-1)[1], to);
    else merged.push([from, to]);
  }
  return merged;
};

// How much of a word as it is written is so many letters of its plain form.
function reach(run, letters) {
  let to = 0;
  for (const letter of run) {
    if (letters <= 0 && pmx.plain(letter)) break;
    letters -= pmx.plain(letter).length;
    to += letter.length;
  }
  return to;
}
})((window.pmx ??= {}));
