// The Beats of a page as its build marked them, in the order of reading.
((pmx) => {
"use strict";

const tokens = (element, name) => (element.getAttribute(name) ?? "").split(/\s+/).filter(Boolean);
const OF_CHILD = { code: "code-step", component: "state", table: "table-step" };

/**
 * All stops of the page. A stop is `{id, kind, el, block, at, parent, end, nth, members}`: `el` is its element or, for a step
 * without one, its container's, whose `members` it lights; `end` is the index after the last stop inside it; `nth` its place
 * among the steps of its container, from 1.
 */
pmx.readBeats = (article) => {
  const stops = [], open = [];
  const blocks = article ? [...article.querySelectorAll(":scope > .pmx-block")] : [];
  const add = (stop) => stops.push({ ...stop, at: stops.length, end: stops.length + 1 }) && stops.at(-1);
  const close = (element) => {
    while (open.length && !open.at(-1).el.contains(element)) open.pop().end = stops.length;
  };
  blocks.forEach((block, n) => {
    const marked = [block, ...block.querySelectorAll("[data-pathmx-beat]")].filter((element) => element.dataset.pathmxBeat);
    // A Block of authored HTML alone is one stop, so that it is not passed over.
    if (!marked.length) add({ id: `${name(block)}:block`, kind: "block", el: block, block: n });
    for (const el of marked) {
      close(el);
      const kind = el.dataset.pathmxBeatKind ?? (/^H[1-6]$/.test(el.tagName) ? "heading" : "step");
      const children = tokens(el, "data-pathmx-beat-children");
      // States that only the component's script knows.
      for (let n = children.length + 1; n < (pmx.statesOf(el).ordered ? el.pmxStates?.length ?? 0 : 0); n++) children.push(`${el.dataset.pathmxBeat}:state-${n}`);
      const stop = add({ id: el.dataset.pathmxBeat, kind, el, block: n, parent: open.at(-1) });
      children.forEach((id, i) => add({ id, kind: OF_CHILD[kind] ?? "step", el, block: n, parent: stop, nth: i + 1, members: true }));
      stop.end = stops.length;
      if (children.length || el.querySelector("[data-pathmx-beat]")) {
        stop.container = true;
        open.push(stop);
      }
    }
    close(null);
  });
  // A list is nothing to look at before its first item.
  for (const stop of stops) stop.passed = stop.kind === "list" && stop.end > stop.at + 1;
  return stops;
};

const name = (block) => block.dataset.pathmxBlock?.split("#").at(-1) || block.id || "block";

/** The states of a component: `{names, ordered}`. */
pmx.statesOf = (el) => {
  const text = el?.dataset.pathmxStates ?? "";
  const ordered = text.includes("|");
  return { ordered, names: text.trim() ? text.split(ordered ? "|" : ",").map((name) => name.trim()) : [] };
};

/** The elements that a stop lights. */
pmx.membersOf = (stop) => (stop.members ? [...stop.el.querySelectorAll(`[data-pathmx-beat-member~="${CSS.escape(stop.id)}"]`)] : []);

/** Whether it cannot be seen although its Block can: a closed detail, a state that hides it. */
pmx.hidden = (stop) => {
  for (let node = stop.el; node && !node.matches(".pmx-block"); node = node.parentElement) {
    if (node.hidden || getComputedStyle(node).display === "none") return true;
    if (node.parentElement?.matches("details:not([open])") && node.tagName !== "SUMMARY") return true;
  }
  return false;
};

// What a level stops at.
const first = (stops, stop) => !stops[stop.at - 1] || stops[stop.at - 1].block !== stop.block;
const LEVELS = {
  step: () => true,
  browse: (stops, stop) => stop.kind === "heading" || first(stops, stop),
  block: first,
};
pmx.levels = Object.keys(LEVELS);

/** The next stop of a level in a direction, or nothing. */
pmx.seek = (stops, from, direction, level) => {
  for (let at = from + direction; at >= 0 && at < stops.length; at += direction) {
    const stop = stops[at];
    if (!stop.passed && LEVELS[level](stops, stop) && !pmx.hidden(stop)) return stop;
  }
};

/** The first stop after everything in the container that this one is in; after the Block when it is in none. */
pmx.seekOut = (stops, from) => {
  const { parent, block } = stops[from];
  const leave = stops[from].container ? stops[from] : parent;
  const end = leave ? leave.end : stops.findIndex((stop) => stop.block > block);
  return end < 0 ? undefined : pmx.seek(stops, end - 1, 1, "step");
};

/** The first stop of another Block: `by` 1 for the next; -1 for the start of this one, or of the one before it. */
pmx.seekBlock = (stops, from, by) => {
  const { block } = stops[from];
  if (by > 0) return stops.find((stop) => stop.block > block && !stop.passed && !pmx.hidden(stop));
  const start = (n) => stops.find((stop) => stop.block === n && !stop.passed && !pmx.hidden(stop));
  const here = start(block);
  if (here && here.at < from) return here;
  for (let n = block - 1; n >= 0; n--) if (start(n)) return start(n);
};

/** The stop of this name; else the first of its Block; else none. */
pmx.find = (stops, id) => {
  const exact = stops.find((stop) => stop.id === id);
  if (exact) return exact.passed ? pmx.seek(stops, exact.at, 1, "step") ?? exact : exact;
  for (let end = id.lastIndexOf(":"); end > 0; end = id.lastIndexOf(":", end - 1)) {
    const near = stops.find((stop) => !stop.passed && (stop.id === id.slice(0, end) || stop.id.startsWith(id.slice(0, end + 1))));
    if (near) return near;
  }
};

/** The stop that holds an element; else the first one in it or after it. */
pmx.findAt = (stops, element) => {
  const holder = element.closest("[data-pathmx-beat]");
  return stops.find((stop) => !stop.passed && (holder ? stop.el === holder : element.contains(stop.el) || element.compareDocumentPosition(stop.el) & Node.DOCUMENT_POSITION_FOLLOWING));
};
})((window.pmx ??= {}));
