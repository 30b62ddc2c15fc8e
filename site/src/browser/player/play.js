// Play: one Beat at a time is active, those before it are seen.
((pmx) => {
"use strict";
const root = document.documentElement;

const play = (pmx.play = {
  on: false,
  /** What a step goes to: `block`, `browse` (headings) or `step`. */
  level: pmx.levels.includes(pmx.session.get("level")) ? pmx.session.get("level") : "step",
  stops: [],
  at: -1,
  /** Whether the last move met the page's end (1) or start (-1). */
  edge: 0,
  get stop() {
    return this.stops[this.at];
  },
});

/** Starts at a Beat, by id; at the first when it is none of this page. */
play.enter = (id, { focus = false } = {}) => {
  if (!play.stops.length) return;
  const wanted = id ? pmx.find(play.stops, id) : undefined;
  const target = id ? undefined : pmx.target(pmx.hash());
  const stop = wanted ?? (target && pmx.document().contains(target) ? pmx.findAt(play.stops, target) : undefined) ?? pmx.seek(play.stops, -1, 1, "step") ?? play.stops[0];
  const fresh = !play.on;
  play.on = true;
  root.dataset.pmxPlay = play.level;
  if (fresh) pmx.tell("play");
  move(stop, 1, { instant: fresh && !focus });
};

/** Starts where the reader is: at the first Beat that is on the screen. */
play.enterHere = () => {
  const top = scrollY > 80 && play.stops.find((stop) => !stop.passed && !pmx.hidden(stop) && stop.el.getBoundingClientRect().bottom > innerHeight * 0.2);
  play.enter(top ? top.id : undefined, { focus: true });
};

play.leave = () => {
  if (!play.on) return;
  tellComponents(undefined, -1);
  play.on = false;
  play.edge = 0;
  delete root.dataset.pmxPlay;
  paint();
  pmx.write(undefined);
  pmx.tell("play");
  pmx.say("Play ended");
};

const level = () => (pmx.onGrid?.() ? "block" : play.level);
play.forward = () => step(pmx.seek(play.stops, play.at, 1, level()), 1);
play.backward = () => step(pmx.seek(play.stops, play.at, -1, level()), -1);
play.skipOut = () => step(pmx.seekOut(play.stops, play.at), 1);
play.nextBlock = () => step(pmx.seekBlock(play.stops, play.at, 1), 1);
play.previousBlock = () => step(pmx.seekBlock(play.stops, play.at, -1), -1);
play.first = () => step(pmx.seek(play.stops, -1, 1, "step"), -1);
play.last = () => step(pmx.seek(play.stops, play.stops.length, -1, "step"), 1);
play.go = (stop, options) => stop && move(stop, stop.at < play.at ? -1 : 1, options);

play.setLevel = (level) => {
  play.level = level;
  pmx.session.set("level", level);
  if (play.on) root.dataset.pmxPlay = level;
  pmx.tell("moved");
  pmx.say({ block: "Steps go to Blocks", browse: "Steps go to headings", step: "Steps go to every Beat" }[level]);
};

/** The page before or after this one, if its pager names one. */
play.neighbour = (rel) => document.querySelector(`.pmx-pager a[rel~="${rel}"]`);

/** Goes to another page and stays in Play. */
play.follow = (link) => {
  const address = pmx.playAddress(link);
  if (address) location.assign(address);
  else location.assign(link.href);
};

function step(stop, direction) {
  if (!play.on) return;
  if (stop) return move(stop, direction);
  // At the end the first press says where the next one leads.
  const link = play.neighbour(direction > 0 ? "next" : "prev");
  if (play.edge === direction && link) return play.follow(link);
  play.edge = direction;
  pmx.tell("edge");
}

function move(stop, direction, { instant = false, still = false } = {}) {
  pmx.forgetPress();
  play.at = stop.at;
  play.edge = 0;
  paint();
  pmx.tell("painted", stop);
  tellComponents(stop, direction);
  pmx.write(stop.id);
  pmx.tell("moved");
  if (!still) reveal(stop, instant);
  pmx.tell("placed", stop.el);
}

// How the page shows it: two attributes that authored CSS may use, too.
function paint() {
  const article = pmx.document();
  if (!article) return;
  for (const lit of article.querySelectorAll("[data-pathmx-beat-member][data-pathmx-play-state]")) delete lit.dataset.pathmxPlayState;
  for (const container of article.querySelectorAll("[data-pmx-focus]")) delete container.dataset.pmxFocus;
  const { stop } = play;
  for (const { el, at, end, members } of play.stops) {
    if (members) continue;
    const state = !play.on || !stop ? undefined : el === stop.el ? "active" : end <= stop.at || (at < stop.at && !el.contains(stop.el)) ? "seen" : undefined;
    if (state) el.dataset.pathmxPlayState = state;
    else if (el.dataset.pathmxPlayState) delete el.dataset.pathmxPlayState;
  }
  for (const [n, block] of [...article.querySelectorAll(":scope > .pmx-block")].entries()) block.toggleAttribute("data-pmx-here", play.on && n === stop?.block);
  if (!play.on || !stop?.members) return;
  const members = pmx.membersOf(stop);
  for (const member of members) member.dataset.pathmxPlayState = "active";
  if (members.length) stop.el.dataset.pmxFocus = "members";
}

// Components hear of what concerns them; what it means is theirs to say.
let inside = [];
function tellComponents(stop, direction) {
  const now = [];
  for (let element = stop?.el; element; element = element.parentElement?.closest("[data-pathmx-component]")) {
    if (element.matches("[data-pathmx-component], [data-pathmx-beat-kind=component]")) now.unshift(element);
  }
  const dispatch = (element, type, index) =>
    element.dispatchEvent(new CustomEvent(type, { bubbles: true, cancelable: true, detail: { beat: stop?.id ?? null, index, direction } }));
  for (const element of inside.filter((element) => !now.includes(element)).reverse()) dispatch(element, "pathmx:beat-exit", stop?.at ?? -1);
  for (const element of now.filter((element) => !inside.includes(element))) dispatch(element, "pathmx:beat-enter", stop.at);
  const entered = now.filter((element) => !inside.includes(element));
  inside = now;
  // Who comes to what lies inside has the states behind.
  for (const element of entered) {
    const states = play.stops.filter((one) => one.el === element && one.kind === "state").length;
    if (states && element !== stop.el) dispatch(element, "pathmx:play-step", states);
  }
  if (stop && (stop.kind === "component" || stop.kind === "state")) dispatch(stop.el, "pathmx:play-step", stop.nth ?? 0);
}
/** Asks the active component for one of its states that have no order. */
play.chooseState = (index) => {
  const component = play.component();
  const state = pmx.statesOf(component).names[index];
  component.dispatchEvent(new CustomEvent("pathmx:play-step", { bubbles: true, cancelable: true, detail: { beat: play.stop.id, index, state, direction: 1 } }));
};
document.addEventListener("pathmx:states", pmx.settle(0, () => pmx.chrome && play.refresh()));

/** The innermost component that holds the active Beat. */
play.component = () => inside.at(-1);

/** Brings a stop to where one reads: not to the edge of the screen, and not at all when it is there already. */
function reveal(stop, instant) {
  const elements = stop.members ? pmx.membersOf(stop) : [stop.el];
  const boxes = (elements.length ? elements : [stop.el]).map((element) => element.getBoundingClientRect()).filter(({ height }) => height);
  if (!boxes.length) return;
  const scroller = pmx.scroller?.() ?? document.scrollingElement;
  const page = scroller === document.scrollingElement;
  const frame = page ? { top: 0, bottom: innerHeight } : scroller.getBoundingClientRect();
  const top = Math.min(...boxes.map((box) => box.top)), bottom = Math.max(...boxes.map((box) => box.bottom));
  const low = frame.bottom - (pmx.barHeight?.() ?? 0) - 24, high = frame.top + (page ? pmx.headHeight() : 0) + 24;
  const room = low - high;
  let by = 0;
  if (bottom - top > room) by = top - high;
  else if (top < high + room * 0.08 || bottom > high + room * 0.72) by = (top + bottom) / 2 - (high + room * 0.4);
  if (bottom - top <= room) by = Math.min(by, top - high);
  if (Math.abs(by) > 2) scroller.scrollBy({ top: by, behavior: instant || pmx.calm() ? "instant" : "smooth" });
  for (const box of elements) revealSideways(box);
}

function revealSideways(element) {
  const scroller = element.closest(pmx.SIDEWAYS);
  if (!scroller || scroller === element || scroller.scrollWidth <= scroller.clientWidth) return;
  const inner = element.getBoundingClientRect(), outer = scroller.getBoundingClientRect();
  if (inner.width < outer.width && (inner.left < outer.left || inner.right > outer.right)) scroller.scrollBy({ left: inner.left - outer.left - 16 });
}

/** Reads the page anew and keeps the place: the same Beat, or the nearest one before it that is still there. */
play.refresh = () => {
  const before = play.stops, at = play.at;
  play.stops = pmx.readBeats(pmx.document());
  if (!play.on) return;
  if (!play.stops.length) return play.leave();
  const ids = new Map(play.stops.map((stop) => [stop.id, stop]));
  let stop;
  for (let n = at; n >= 0 && !stop; n--) stop = ids.get(before[n]?.id);
  stop ??= play.stops[0];
  const same = stop.id === before[at]?.id && stop.el === before[at]?.el;
  if (same) {
    play.at = stop.at;
    paint();
    pmx.tell("painted", stop);
    pmx.tell("moved");
  } else {
    inside = inside.filter((element) => element.isConnected);
    move(stop, 1, { still: stop.id === before[at]?.id });
  }
};
})((window.pmx ??= {}));
