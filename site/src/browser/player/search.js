// Command-K: a combobox in a dialog. The selection follows its result, not its place, when results come later.
((pmx) => {
"use strict";
const { h, icon } = pmx;
const RECENT = 8;
/** What a result is that is no page to read. */
const KINDS = { component: "Component", part: "Part" };
let dialog, input, list, hint, results = [], selected, wanted = "", opener;

/** Keeps the pages that were read last. */
function remember() {
  if (!pmx.document()) return;
  const here = { href: location.pathname, title: document.querySelector(".pmx-document h1")?.textContent.trim() || document.title };
  const known = (pmx.local.get("recent") ?? []).filter(({ href }) => href !== here.href);
  pmx.local.set("recent", [here, ...known].slice(0, RECENT + 1));
}

function make() {
  input = h("input", { type: "search", role: "combobox", "aria-expanded": "true", "aria-controls": "results", "aria-autocomplete": "list", "aria-label": "Search this site", placeholder: "Search this site", autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "go", oninput: search, onkeydown: key });
  list = h("ul", { id: "results", role: "listbox", "aria-label": "Results" });
  hint = h("p.hint");
  dialog = h("dialog.search", { "aria-label": "Search", onclick: (event) => event.target === dialog && dialog.close(), onclose: closed },
    h("div.ask", {}, icon("search"), input, h("button.quiet", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    hint, list,
    h("p.keys", { "aria-hidden": "true" }, h("kbd", {}, "↑"), h("kbd", {}, "↓"), " select ", h("kbd", {}, "↵"), " open ", h("kbd", {}, "esc"), " close"));
  // The focus stays in the field.
  list.addEventListener("mousedown", (event) => event.button === 0 && event.preventDefault());
  pmx.chrome.append(dialog);
}

pmx.search = {
  open() {
    if (!dialog) make();
    if (dialog.open) return input.select();
    if (pmx.modal()) return;
    pmx.closePopover?.();
    opener = pmx.focused();
    dialog.showModal();
    input.select();
    pmx.loadIndex(() => dialog.open && search());
    search();
  },
  toggle() {
    if (dialog?.open) dialog.close();
    else pmx.search.open();
  },
};

function closed() {
  if (opener?.isConnected) opener.focus({ preventScroll: true });
}

async function search() {
  wanted = input.value;
  const asked = wanted;
  if (!asked.trim()) {
    const recent = (pmx.local.get("recent") ?? []).filter(({ href }) => href !== location.pathname).slice(0, RECENT);
    return draw(recent.map(({ href, title }) => ({ key: href, href, title, trail: decodeURI(href).replace(/^\//, ""), words: [], slips: [] })), recent.length ? "Read before" : "Type to search the pages of this site");
  }
  const found = await pmx.findPages(asked);
  if (asked !== wanted) return;
  draw(found, found.length ? "" : pmx.indexFailed() ? "The search index could not be loaded" : `Nothing found for “${asked.trim()}”`);
  pmx.say(found.length ? `${found.length} ${found.length === 1 ? "result" : "results"}` : "Nothing found");
}

// A page is read for its excerpt when its result comes into sight.
const waiting = new WeakMap();
let seen;
let typed;
function draw(found, text) {
  const asked = wanted;
  seen?.disconnect();
  seen = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) if (isIntersecting) (seen.unobserve(target), waiting.get(target)());
  }, { root: list, rootMargin: "50%" });
  const again = typed === wanted && found.some(({ key }) => key === selected);
  typed = wanted;
  results = found;
  hint.textContent = text;
  hint.hidden = !text;
  list.replaceChildren(...found.map((result, n) => {
    const excerpt = h("span.excerpt", { dir: "auto", hidden: true });
    const option = h(`li${result.under ? ".under" : ""}`, { role: "option", id: `result-${n}`, "aria-selected": "false" },
      icon(result.heading ? "heading" : result.kind ? "component" : "page"), h("span.what", {}, h("span.title", { dir: "auto" }, marked(result.title, pmx.places(result.title, result.words, result.slips))), h("span.trail", { dir: "auto" }, KINDS[result.kind] && !result.heading ? `${KINDS[result.kind]} · ${result.trail}` : result.trail), excerpt));
    option.addEventListener("mousemove", () => selected !== result.key && select(n, false));
    option.addEventListener("click", (event) => open(event, result));
    option.addEventListener("auxclick", (event) => event.button === 1 && open(event, result));
    if (result.text) (waiting.set(option, () => fill(result, excerpt, asked)), seen.observe(option));
    return option;
  }));
  select(again ? found.findIndex(({ key }) => key === selected) : 0);
}

// In Play the next page is entered in Play.
const href = (result) => {
  if (!pmx.play.on) return result.href;
  const link = h("a", { href: result.href });
  return pmx.playAddress(link) ?? result.href;
};

async function fill(result, excerpt, asked) {
  const found = await pmx.excerpt(result);
  if (!found || asked !== wanted) return;
  excerpt.replaceChildren(...marked(found.text, found.places));
  excerpt.hidden = false;
}

/** The text with these places of it marked. */
function marked(text, places) {
  const parts = [];
  let at = 0;
  for (const [from, to] of places) {
    parts.push(text.slice(at, from), h("mark", {}, text.slice(from, to)));
    at = to;
  }
  return [...parts, text.slice(at)].filter(Boolean);
}

function select(n, scroll = true) {
  for (const option of list.children) option.setAttribute("aria-selected", "false");
  const option = list.children[n];
  selected = results[n]?.key;
  if (!option) return input.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  input.setAttribute("aria-activedescendant", option.id);
  if (scroll) option.scrollIntoView({ block: "nearest" });
}

function open(event, result = results.find(({ key }) => key === selected)) {
  if (!result) return;
  if (event.metaKey || event.ctrlKey || event.button === 1) return window.open(href(result), "_blank", "noopener");
  dialog.close();
  location.assign(href(result));
}

function key(event) {
  const at = results.findIndex(({ key }) => key === selected), last = results.length - 1;
  const to = { ArrowDown: at >= last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, PageDown: Math.min(last, at + 6), PageUp: Math.max(0, at - 6) }[event.key];
  if (event.isComposing) return;
  if (event.key === "Escape") {
    // Some browsers only empty the field.
    event.preventDefault();
    return dialog.close();
  }
  if (to !== undefined) {
    event.preventDefault();
    if (results.length) select(to);
  } else if (event.key === "Enter") {
    event.preventDefault();
    open(event);
  }
}

pmx.hear("updated", () => {
  remember();
  if (dialog?.open) pmx.loadIndex(search);
});
})((window.pmx ??= {}));
