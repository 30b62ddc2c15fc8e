// The headings of the page: beside the text where there is room, as a rail of marks where there is little, behind a button else.
((pmx) => {
"use strict";
const { h, play } = pmx;
const ROOM = 248;
let nav, sheet, headings = [], current;

const find = () => [...(pmx.document()?.querySelectorAll(".pmx-block :is(h2, h3)[id]") ?? [])].filter((heading) => !heading.closest("[data-pathmx-component], aside, details:not([open])") && heading.textContent.trim());
const title = (heading) => heading.textContent.trim().replace(/\s+/g, " ");

const list = () => h("ul", {}, headings.map((heading) =>
  h("li", { "data-level": heading.tagName[1] }, h("a", { href: `#${encodeURIComponent(heading.id)}`, onclick: () => sheet?.hidePopover?.() }, h("span", {}, title(heading))))));

function make() {
  headings = find();
  const few = headings.length < 2;
  nav ??= pmx.chrome.appendChild(h("nav.contents", { "aria-label": "On this page" }));
  nav.hidden = few;
  nav.replaceChildren(h("p", { "aria-hidden": "true" }, "On this page"), list());
  current = undefined;
  place();
  follow();
}

// Beside the text only where authored blocks leave the room.
function place() {
  if (!nav) return;
  const blocks = [...(pmx.document()?.querySelectorAll(":scope > .pmx-block") ?? [])].slice(0, 60);
  const right = Math.max(0, ...blocks.map((block) => block.getBoundingClientRect().right));
  const width = document.documentElement.clientWidth;
  nav.dataset.form = width - right > ROOM ? "column" : width - right > 24 ? "rail" : "none";
  nav.style.insetInlineStart = nav.dataset.form === "column" ? `${right + 32}px` : "";
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
  if (link && nav.dataset.form === "column") {
    const box = nav.getBoundingClientRect(), own = link.getBoundingClientRect();
    if (own.top < box.top + 32 || own.bottom > box.bottom - 16) nav.scrollTop += own.top - box.top - box.height / 2;
  }
}

/** Goes to the next heading, or the one before; whether there was one. */
pmx.nextHeading = (by) => {
  const all = [...(pmx.document()?.querySelectorAll(".pmx-block :is(h1, h2, h3, h4)") ?? [])];
  const top = (document.querySelector(".pmx-site-header")?.offsetHeight ?? 0) + 24;
  const target = by > 0 ? all.find((heading) => heading.getBoundingClientRect().top > top + 8) : all.findLast((heading) => heading.getBoundingClientRect().top < top - 8);
  if (!target) return false;
  scrollBy({ top: target.getBoundingClientRect().top - top, behavior: pmx.calm() ? "instant" : "smooth" });
  pmx.say(title(target));
  return true;
};

/** Shows the headings above the bar, on screens without room beside the text. */
pmx.openContents = () => {
  sheet?.remove();
  sheet = pmx.chrome.appendChild(h("div.sheet", { popover: "auto", role: "dialog", "aria-label": "On this page" }, h("p", { "aria-hidden": "true" }, "On this page"),
    headings.length ? list() : h("p", {}, "This page has no headings")));
  sheet.querySelectorAll("a")[Math.max(0, current ?? 0)]?.setAttribute("aria-current", "location");
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
