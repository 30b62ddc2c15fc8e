// The headings of the page, in words: beside the text where there is room; where there is little, as a rail of marks that opens when
// it is pointed to or has the focus; and at the press of a button in both of that and everything else.
((pmx) => {
"use strict";
const { h, play } = pmx;
/** What the list needs beside the text, and what the rail does, in pixels. */
const ROOM = 184, RAIL = 36;
const RANKS = "h1, h2, h3, h4, h5, h6";
let nav, sheet, headings = [], outer, current;

/** The two highest ranks below the one heading that names the page. */
function find() {
  const all = [...(pmx.document()?.querySelectorAll(`.pmx-block :is(${RANKS})[id]`) ?? [])].filter((heading) => !heading.closest("[data-pathmx-component], aside, details:not([open])") && heading.textContent.trim());
  const of = (rank) => all.filter((heading) => rankOf(heading) === rank);
  const ranks = [...new Set(all.map(rankOf))].sort();
  if (ranks[0] === 1 && of(1).length === 1) ranks.shift();
  outer = ranks[0];
  return all.filter((heading) => ranks.slice(0, 2).includes(rankOf(heading)));
}
const rankOf = (heading) => +heading.tagName[1];
const title = (heading) => heading.textContent.trim().replace(/\s+/g, " ");

const list = () => h("ul", {}, headings.map((heading) =>
  h("li", { "data-depth": rankOf(heading) === outer ? "0" : "1" }, h("a", { href: `#${encodeURIComponent(heading.id)}`, onclick: () => sheet?.hidePopover?.() }, h("span", { dir: "auto" }, title(heading))))));

function make() {
  headings = find();
  nav ??= made();
  nav.hidden = headings.length < 2;
  nav.replaceChildren(h("p", { "aria-hidden": "true" }, "On this page"), list());
  current = undefined;
  place();
  follow();
}

function made() {
  const nav = pmx.chrome.appendChild(h("nav.contents", { "aria-label": "On this page" }));
  let touched = false;
  nav.addEventListener("pointerdown", ({ pointerType }) => (touched = pointerType === "touch"), true);
  // A finger cannot point: it gets the words before it goes anywhere.
  nav.addEventListener("click", (event) => {
    if (!touched || nav.dataset.form !== "rail") return;
    event.preventDefault();
    event.stopPropagation();
    pmx.openContents();
  }, true);
  for (const type of ["pointerenter", "focusin"]) nav.addEventListener(type, bring);
  return nav;
}

// Beside the text only where authored blocks leave the room.
function place() {
  if (!nav) return;
  const blocks = [...(pmx.document()?.querySelectorAll(":scope > .pmx-block") ?? [])].slice(0, 60).map((block) => block.getBoundingClientRect());
  const width = document.documentElement.clientWidth;
  const text = getComputedStyle(document.documentElement).direction === "rtl" ? width - Math.min(width, ...blocks.map(({ left }) => left)) : Math.max(0, ...blocks.map(({ right }) => right));
  // A layout may have more beside the text.
  const isWide = matchMedia("(width >= 48rem)").matches && !document.querySelector(".pmx-layout");
  nav.dataset.form = isWide && width - text >= ROOM ? "column" : isWide && width - text >= RAIL ? "rail" : "none";
  nav.style.insetInlineStart = nav.dataset.form === "column" ? `${text + 24}px` : "";
  pmx.offerContents(!nav.hidden && nav.dataset.form !== "column");
}

function follow() {
  if (!headings.length) return;
  const line = Math.min(innerHeight * 0.3, 240);
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4;
  const passed = headings.findLastIndex((heading) => heading.getBoundingClientRect().top <= line);
  const now = atEnd && scrollY > 0 ? Math.max(passed, headings.findLastIndex((heading) => heading.getBoundingClientRect().top < innerHeight)) : passed;
  if (now === current) return;
  current = now;
  for (const each of nav.querySelectorAll("a")) each.removeAttribute("aria-current");
  const link = nav.querySelectorAll("a")[now];
  link?.setAttribute("aria-current", "location");
  bring();
}

/** Brings the current heading into the part of the list that is seen. */
function bring() {
  const link = nav.querySelector("[aria-current]");
  if (!link || nav.scrollHeight <= nav.clientHeight) return;
  const box = nav.getBoundingClientRect(), own = link.getBoundingClientRect();
  if (own.top < box.top + 32 || own.bottom > box.bottom - 16) nav.scrollTop += own.top - box.top - box.height / 2;
}

/** Goes to the next heading, or the one before; whether there was one. */
pmx.nextHeading = (by) => {
  const all = [...(pmx.document()?.querySelectorAll(`.pmx-block :is(${RANKS})`) ?? [])].filter((heading) => heading.checkVisibility());
  const top = pmx.headHeight() + 24;
  const target = by > 0 ? all.find((heading) => heading.getBoundingClientRect().top > top + 8) : all.findLast((heading) => heading.getBoundingClientRect().top < top - 8);
  if (!target) return false;
  scrollBy({ top: target.getBoundingClientRect().top - top, behavior: pmx.calm() ? "instant" : "smooth" });
  pmx.say(title(target));
  return true;
};

/** Shows the headings above the bar, where there is no room beside the text. */
pmx.openContents = () => {
  sheet?.remove();
  sheet = pmx.chrome.appendChild(h("div.sheet", { popover: "auto", role: "dialog", "aria-label": "On this page" }, h("p", { "aria-hidden": "true" }, "On this page"),
    headings.length ? list() : h("p", {}, "This page has no headings")));
  sheet.querySelectorAll("a")[current]?.setAttribute("aria-current", "location");
  sheet.showPopover();
  (sheet.querySelector("[aria-current]") ?? sheet.querySelector("a"))?.focus();
};

let waiting;
addEventListener("scroll", () => {
  waiting ??= requestAnimationFrame(() => {
    waiting = undefined;
    if (nav && !play.on) follow();
  });
}, { passive: true });
addEventListener("resize", pmx.settle(100, () => nav && (place(), follow())));
addEventListener("load", () => nav && place());
pmx.hear("updated", make);
pmx.hear("play", () => nav && !play.on && (place(), (current = undefined), follow()));
})((window.pmx ??= {}));
