// What floats at the lower edge gives way to who reads: away while one reads on, there again on the way back, at the top, at the
// end, and for keys. For the Player's bar, and for what `pmx dev` adds to pages.
((pmx) => {
"use strict";
if (pmx.floating) return; // what `pmx dev` adds brings it, too
const root = document.documentElement;
/** Between a box and what stands at the end of the page, in pixels. */
const GAP = 12;
/** How far from the top is still the top, in pixels. */
const TOP = 16;
/** How far one scrolls until it means something: on, and back. A finger trembles. */
const ON = 6, BACK = 24;
/** How long a page rests before what lies below a box is looked at, in milliseconds. */
const REST = 120;
/** What is operated, and so never covered. */
const CONTROL = "button, label, input, select, textarea, summary, audio, video, [contenteditable], [role=button], [role=slider], [role=tab]";

/** Whether the page has come to where it was opened: what scrolls before is not the reader. */
let opened = document.readyState === "complete";
/** Keys were the last thing that was used, not pointer, wheel or finger. */
let byKeys = false;
const boxes = new Set();
const every = (what) => () => boxes.forEach((box) => box[what]());

/**
 * Moves a box with a fixed place at the lower edge out of the way, by `data-away`. `host` stands behind everything else in the
 * page and gets as much height (`--pmx-room`) as the box covers there, so that the end of the page can be read above it.
 * `stays()`: whether the box must be seen all the same. `beyond()`: how many pixels of room there are already.
 */
pmx.floating = (box, host, { stays = () => false, beyond = () => 0 } = {}) => {
  let turn = scrollY, on = false, over = false;
  const shown = () => box.offsetHeight > 0;
  /** What it covers of the window, from the lower edge up. */
  const covers = () => (shown() ? (parseFloat(getComputedStyle(box).bottom) || 0) + box.offsetHeight : 0);
  const hasFocus = () => !!box.querySelector(":focus-visible");
  /** Its place when it is not away. */
  const place = () => {
    const { left, right } = box.getBoundingClientRect(), top = innerHeight - covers();
    return { left, right, top, bottom: top + box.offsetHeight };
  };

  const meets = (element) => {
    const own = element.getBoundingClientRect(), mine = place();
    return own.bottom > mine.top - GAP && own.top < mine.bottom && own.right > mine.left && own.left < mine.right;
  };
  const set = (away) => box.toggleAttribute("data-away", away);
  /** Stands on what a site keeps at the lower edge, not over it. */
  const lift = () => {
    const { left, right } = place();
    const tops = [left + 4, right - 4].map((x) => pmx.stuck("bottom", x)?.top ?? innerHeight);
    box.style.setProperty("--pmx-lift", `${innerHeight - Math.min(...tops)}px`);
  };

  const self = {
    covers,
    /** Makes room at the end of the page. */
    make() {
      if (shown()) lift();
      const room = shown() ? Math.max(0, Math.ceil(covers() + GAP - beyond())) : 0;
      host.style.setProperty("--pmx-room", `${room}px`);
      self.look();
    },
    /** Decides anew, after the page moved or what is in it changed. */
    look() {
      const y = Math.max(0, scrollY), rest = root.scrollHeight - innerHeight - y;
      turn = on ? Math.max(turn, y) : Math.min(turn, y);
      if (!opened) turn = y;
      if (!on && y > turn + ON) (on = true), (turn = y);
      else if (on && y < turn - BACK) (on = false), (over = false), (turn = y);
      if (y <= TOP) on = false;
      if (!shown()) return;
      if (stays() || hasFocus()) return set(false);
      // At the end it has its own room, and what stands above that is not covered before, as one could not scroll it away.
      if (rest <= 2) return set(false);
      set(rest < 2 * (covers() + GAP) || over || (on && !byKeys) || menuIsOpen());
    },
    /** Looks what lies below it: what is operated, or what has the focus. */
    rest() {
      if (shown()) lift();
      const focused = document.querySelector(":focus-visible");
      // At the top it tells what can be done with the page, whatever begins there.
      over = shown() && scrollY > TOP && [...below(place())].some((element) => element !== host && element.closest(CONTROL));
      over ||= shown() && !!focused && focused !== host && focused.clientHeight < innerHeight / 2 && meets(focused);
      self.look();
    },
    /** It has something new to say. */
    say() {
      [on, turn] = [false, scrollY];
      self.make();
    },
    end() {
      seen.disconnect();
      boxes.delete(self);
      host.style.removeProperty("--pmx-room");
    },
  };
  boxes.add(self);
  content.observe(document.body);
  const seen = new ResizeObserver(self.make);
  seen.observe(box);
  // To look below a box counts as showing it: not before all of it is there.
  requestAnimationFrame(() => boxes.has(self) && (self.make(), self.rest()));
  return self;
};

/** What the page has under points of a place. */
function* below({ left, right, top, bottom }) {
  for (const y of [top + 4, (top + bottom) / 2, bottom - 4]) {
    for (let part = 0; part <= 8; part++) yield* document.elementsFromPoint(left + 4 + ((right - left - 8) * part) / 8, y).slice(0, 4);
  }
}

/** The box of what stays at an edge of the window, `top` or `bottom`, such as a site's own header; not of what fills the window. */
pmx.stuck = (edge, x) => document.elementsFromPoint(x, edge === "top" ? 1 : innerHeight - 2).find((element) => {
  const style = getComputedStyle(element);
  return /fixed|sticky/.test(style.position) && style[edge] !== "auto" && element.offsetHeight < innerHeight / 3;
})?.getBoundingClientRect();

/** The list of pages covers the text itself, on narrow screens. */
const menuIsOpen = () => !!document.querySelector(".pmx-site-menu[open] > summary")?.offsetHeight;

let waiting, resting;
/** Whether the page does not move, and all that follows of its place is done. */
pmx.floating.rests = true;
function moved() {
  clearTimeout(resting);
  resting = setTimeout(() => (every("rest")(), (pmx.floating.rests = true)), REST);
  pmx.floating.rests = false;
  waiting ??= requestAnimationFrame(() => {
    waiting = undefined;
    every("look")();
  });
}
addEventListener("scroll", moved, { passive: true });
addEventListener("resize", () => (every("make")(), moved()));
addEventListener("load", () => requestAnimationFrame(() => requestAnimationFrame(() => (every("look")(), (opened = true), moved()))));
addEventListener("toggle", moved, true);
document.addEventListener("pmx:updated", moved);
// What is in the page may grow, or come late.
const content = new ResizeObserver(moved);
for (const type of ["wheel", "touchstart", "pointerdown"]) addEventListener(type, () => (byKeys = false), { passive: true, capture: true });
addEventListener("keydown", ({ key }) => (byKeys = key === "Tab" || (byKeys && !/^(Arrow|Page|Home|End| )/.test(key))), true);
// What gets the focus is seen at once.
document.addEventListener("focusin", every("rest"));
document.addEventListener("focusout", moved);
})((window.pmx ??= {}));
