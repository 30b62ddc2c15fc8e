// Keys, pointer and touch. Keys belong first to what has the focus.
((pmx) => {
"use strict";
const { play } = pmx;
const { CONTROL } = pmx;

const STEPS = {
  ArrowRight: play.forward, ArrowDown: play.forward, PageDown: play.forward, " ": play.forward,
  ArrowLeft: play.backward, ArrowUp: play.backward, PageUp: play.backward,
  Home: play.first, End: play.last,
};
const SHIFTED = {
  ArrowRight: play.nextBlock, ArrowDown: play.nextBlock, PageDown: play.nextBlock,
  ArrowLeft: play.previousBlock, ArrowUp: play.previousBlock, PageUp: play.previousBlock,
  " ": play.backward, ">": play.skipOut,
};

/** Forward is where the text goes on: at the left, in a text that runs from right to left. */
const turned = (key) => document.documentElement.dir === "rtl" ? ({ ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" })[key] ?? key : key;

addEventListener("keydown", (event) => {
  const command = pmx.isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  if (command && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return pmx.search?.toggle();
  }
  if (!event.defaultPrevented) pmx.drive(event, event.composedPath()[0]);
});

/** What a key does that was pressed in `target`. */
pmx.drive = (event, target) => {
  const { key } = event;
  if (event.isComposing || event.metaKey || event.ctrlKey || pmx.modal?.()) return;
  const typing = pmx.takesKeys(target instanceof Element ? target : null);
  if (key === "Escape") return escape(event, target);
  if (typing) return;
  if (key === "/" && !event.altKey) {
    event.preventDefault();
    return pmx.search?.open();
  }
  if (event.altKey) {
    if (!play.on && (key === "ArrowDown" || key === "ArrowUp") && pmx.nextHeading?.(key === "ArrowDown" ? 1 : -1)) event.preventDefault();
    return;
  }
  if (!play.on) return;
  const onControl = target instanceof Element && target.matches(CONTROL);
  if (key === "Tab") return startFrom(target);
  if ((key === " " || key === "Enter") && onControl) return;
  if (key === "?" && pmx.help) return event.preventDefault(), pmx.help();
  if (key === "." ) return event.preventDefault(), play.skipOut();
  if (key === "Enter") return activate(event);
  if (/^[0-9]$/.test(key) && !event.shiftKey) return digit(event, +key);
  const step = (event.shiftKey ? SHIFTED : STEPS)[turned(key)];
  if (!step) return;
  event.preventDefault();
  step();
};

// First out of the control, then out of Play.
function escape(event, target) {
  if (pmx.closePopover?.()) return event.preventDefault();
  const focused = pmx.focused();
  if (focused && focused !== target && !pmx.takesKeys(focused)) return;
  const inDocument = focused && pmx.document()?.contains(focused);
  if (inDocument && focused.matches(CONTROL)) {
    event.preventDefault();
    return pmx.leaveControl(focused);
  }
  if (!play.on) return;
  event.preventDefault();
  play.leave();
}

// Tab goes on from the active Beat, not from the top of the page.
function startFrom(target) {
  const el = play.stop?.el;
  if (!el || (target !== document.body && target !== document.documentElement)) return;
  const had = el.getAttribute("tabindex");
  el.setAttribute("tabindex", "-1");
  el.focus({ preventScroll: true });
  el.addEventListener("blur", () => (had === null ? el.removeAttribute("tabindex") : el.setAttribute("tabindex", had)), { once: true });
}

// Enter does the one thing that the active Beat offers.
function activate(event) {
  const el = play.stop?.el;
  if (pmx.onGrid?.()) return event.preventDefault(), pmx.openFromGrid(el.closest(".pmx-document > .pmx-block"));
  if (!el) return;
  const shown = (list) => [...list].filter((control) => !control.disabled && control.checkVisibility?.() !== false);
  const within = (selector) => shown(el.matches(selector) ? [el] : el.querySelectorAll(selector));
  const text = within("textarea, select, [contenteditable=true], input:not([type=hidden], [type=radio], [type=checkbox], [type=submit], [type=button], [type=reset])");
  const choice = within("input[type=radio], input[type=checkbox]");
  const plain = within("button, summary, a[href]").filter((control) => !control.matches(".pmx-code-copy, h1 > a, h2 > a, h3 > a, h4 > a, h5 > a, h6 > a"));
  if (!text.length && !choice.length && !plain.length) return;
  event.preventDefault();
  if (choice.length === 1) pmx.pressFor(choice[0]);
  else if (text.length) pmx.give(text[0]);
  else if (choice.length) pmx.give(choice.find((control) => control.checked) ?? choice[0]);
  else if (plain.length === 1) pmx.pressFor(plain[0]);
  else pmx.give(plain[0]);
}

// Digits choose among the answers of the active Beat, or among the states that have no order.
function digit(event, n) {
  const { names, ordered } = pmx.statesOf(play.component());
  const index = n === 0 ? 9 : n - 1;
  if (names.length > 1 && !ordered) {
    if (index >= names.length) return;
    event.preventDefault();
    return play.chooseState(index);
  }
  const choices = play.stop?.el.querySelectorAll("input:is([type=radio], .pmx-question-radio):enabled") ?? [];
  if (index < choices.length) event.preventDefault(), choices[index].click();
}

addEventListener("click", (event) => {
  if (!play.on || event.defaultPrevented || event.button) return;
  const target = event.target instanceof Element ? event.target : null;
  const article = pmx.document();
  if (pmx.onGrid?.()) {
    const block = target?.closest(".pmx-document > .pmx-block");
    if (block) event.preventDefault(), pmx.openFromGrid(block);
    return;
  }
  const link = target?.closest("a[href]");
  if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) return follow(event, link);
  if (!target || !article?.contains(target) || target.closest(CONTROL) || !getSelection().isCollapsed) return;
  const member = target.closest("[data-pathmx-beat-member]");
  const inMember = member && play.stops.find((stop) => stop.members && member.dataset.pathmxBeatMember.split(/\s+/).includes(stop.id));
  const beat = target.closest("[data-pathmx-beat]");
  play.go(inMember ?? play.stops.find((stop) => stop.el === beat && !stop.members));
});

function follow(event, link) {
  const address = pmx.playAddress(link);
  if (!address) return;
  const here = link.pathname === location.pathname && link.hash;
  if (here) {
    const target = pmx.target(link.hash);
    // A footnote is looked up; it is no place in Play.
    if (!target || target.closest(".footnotes, .pmx-annotations")) return;
    const stop = pmx.document()?.contains(target) && pmx.findAt(play.stops, target);
    if (!stop) return;
    event.preventDefault();
    history.pushState(history.state, "", location.pathname + location.search + link.hash);
    return play.go(stop);
  }
  event.preventDefault();
  location.assign(address);
}

// A swipe turns on; not where something scrolls sideways or is drawn on.
let start;
const SIDEWAYS = `${pmx.SIDEWAYS}, canvas, input, textarea, select, video, [draggable=true]`;
addEventListener("touchstart", (event) => {
  const [touch] = event.touches;
  const target = event.composedPath()[0];
  start = play.on && event.touches.length === 1 && target instanceof Element && pmx.document()?.contains(target) && ![...ancestors(target)].some(scrolls)
    ? { x: touch.clientX, y: touch.clientY, time: event.timeStamp } : undefined;
}, { passive: true });
addEventListener("touchend", (event) => {
  const [touch] = event.changedTouches;
  if (!start || !touch || !getSelection().isCollapsed) return;
  const x = touch.clientX - start.x, y = touch.clientY - start.y;
  if (event.timeStamp - start.time > 700 || Math.abs(x) < 56 || Math.abs(y) > Math.abs(x) * 0.6) return;
  if (x < 0) play.forward();
  else play.backward();
}, { passive: true });

function* ancestors(element) {
  for (let node = element; node && node !== document.body; node = node.parentElement) yield node;
}
const scrolls = (element) => element.matches(SIDEWAYS) && (!element.matches(pmx.SIDEWAYS) || element.scrollWidth > element.clientWidth + 1);
})((window.pmx ??= {}));
