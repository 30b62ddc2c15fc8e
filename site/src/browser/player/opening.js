// A page that was just opened stays where it was opened: at its top, at its fragment, at its Beat, or where it was before a reload.
// Scripts that scroll at start (by focus(), scrollIntoView(), a hash) do not move it before its reader has done something.
((pmx) => {
"use strict";
/** How long a page counts as just opened after it was loaded and is seen, in ms. */
const JUST = 3000;
const opened = (pmx.opened ??= { hash: location.hash }); // see early.js
const { name = "", type } = performance.getEntriesByType("navigation")[0] ?? {};
const kept = pmx.session.get("place");
// Text that a link names has no element. Only Chromium says that there is some; elsewhere it may have come with a link of another site.
const named = name.includes(":~:") || (document.fragmentDirective && !navigator.userAgentData && !document.referrer.startsWith(location.origin));
const again = type === "reload" && kept?.page === location.pathname + location.search;
let held = !named && (again || !/reload|back_forward/.test(type));
let anchor; // {el, top}: what has been brought to its place
let foreign = location.hash === opened.hash ? undefined : location.hash; // set by a script
const wanted = again ? kept.top : 0;

/** Whether the page is still as it was opened, and its reader has done nothing. */
pmx.held = () => (held &&= !opened.act);
/** The fragment that the reader came by. */
pmx.hash = () => (location.hash === foreign ? opened.hash : location.hash);

function restore(scroller) {
  const target = !again && pmx.target(opened.hash);
  if (anchor?.el.isConnected) {
    const by = anchor.el.getBoundingClientRect().top - anchor.top;
    if (Math.abs(by) > 1 || scroller.scrollLeft) scroller.scrollBy({ top: by, left: -scroller.scrollLeft, behavior: "instant" });
  } else if (target) target.scrollIntoView({ behavior: "instant" });
  else scroller.scrollTo({ top: wanted, left: 0, behavior: "instant" });
  // What loads above it may move the text on; the reading place stays.
  if (again && wanted && !anchor && Math.abs(scroller.scrollTop - wanted) < 2) hold(document.elementFromPoint(innerWidth / 2, innerHeight / 3));
}
const hold = (el) => (anchor = el && { el, top: el.getBoundingClientRect().top });

// Comes before the frame is painted: nothing is seen of the way there and back.
addEventListener("scroll", ({ target }) => {
  if (!pmx.held()) return;
  const scroller = target === document ? document.scrollingElement : target, article = pmx.document();
  if (scroller === pmx.scroller?.() || (article && scroller?.contains(article))) restore(scroller);
}, true);
pmx.hear("placed", (el) => held && hold(el));
addEventListener("hashchange", () => {
  if (pmx.held()) foreign = location.hash;
}, true);
// Who goes to the address writes a fragment of their own.
addEventListener("blur", () => setTimeout(() => document.hasFocus() || (held = held && document.hidden)));

const end = () => {
  if (!document.hidden) setTimeout(() => (held = false), JUST);
  else document.addEventListener("visibilitychange", end, { once: true });
};
if (document.readyState === "complete") end();
else addEventListener("load", end);
addEventListener("pagehide", () => pmx.session.set("place", { page: location.pathname + location.search, top: scrollY }));
if (pmx.held()) restore(document.scrollingElement);
})((window.pmx ??= {}));
