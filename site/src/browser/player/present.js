// Presentations: the text as it flows, one Block at a time, or all Blocks side by side. Outside of Play a page always flows.
((pmx) => {
"use strict";
const { play } = pmx;
const NAMES = { flow: "Text", slides: "Slides", grid: "Overview" };
let chosen, back = "slides";
let atOnce; // whether the reader wants all points of a slide at once; else its author says so

/** What the page is shown as in Play. */
const mode = () => chosen ?? (NAMES[pmx.document()?.dataset.pathmxPresentation] ? pmx.document().dataset.pathmxPresentation : "flow");

pmx.present = (next) => {
  if (mode() === "flow" || mode() === "slides") back = mode();
  chosen = next;
  show();
  reveal();
  if (play.on) play.go(play.stop, { instant: true });
  pmx.tell("presented");
  pmx.say(`Shown as: ${NAMES[next]}`);
};
pmx.presentations = () => [
  ...Object.entries(NAMES).map(([name, label]) => ({ label, on: mode() === name, run: () => pmx.present(name) })),
  ...(mode() === "slides" && play.level === "step" ? [{ label: "All points at once", on: isAtOnce(play.stop.el), run: toggleAtOnce }] : []),
];

const isAtOnce = (el) => atOnce ?? el.closest(".pmx-document > .pmx-block")?.dataset.pathmxReveal === "all";
function toggleAtOnce() {
  atOnce = !isAtOnce(play.stop.el);
  reveal();
  pmx.say(atOnce ? "All points at once" : "Points come one by one");
}

/** On slides the items of lists come one by one, where steps go to them. */
function reveal() {
  const one = play.on && mode() === "slides" && play.level === "step";
  const toCome = new Set(one ? play.stops.filter(({ el, at, kind, members }) => kind === "item" && !members && at > play.at && !isAtOnce(el)).map(({ el }) => el) : []);
  for (const el of document.querySelectorAll("[data-pmx-to-come]")) if (!toCome.delete(el)) el.removeAttribute("data-pmx-to-come");
  for (const el of toCome) el.setAttribute("data-pmx-to-come", "");
}

/** What scrolls when a Beat is brought into view. */
pmx.scroller = () => {
  const article = pmx.document(), active = article?.dataset.pathmxPresentationActive;
  return active === "grid" ? article : active === "slides" ? article.querySelector(":scope > [data-pmx-here]") : null;
};
/** In the overview a step is a Block. */
pmx.onGrid = () => play.on && mode() === "grid";

function show() {
  const article = pmx.document();
  if (!article) return;
  const now = play.on && mode() !== "flow" ? mode() : undefined;
  if (article.dataset.pathmxPresentationActive === now) return;
  if (now) article.dataset.pathmxPresentationActive = now;
  else delete article.dataset.pathmxPresentationActive;
}

// A Block that is picked in the overview is opened.
pmx.openFromGrid = (block) => {
  const stop = play.stops.find((one) => one.el.closest(".pmx-document > .pmx-block") === block);
  chosen = back;
  show();
  pmx.tell("presented");
  play.go(stop ?? play.stop, { instant: true });
};

pmx.hear("play", () => {
  if (!play.on) chosen = atOnce = undefined;
  show();
  reveal();
});
pmx.hear("painted", () => (show(), reveal()));
pmx.hear("moved", reveal);
pmx.hear("updated", () => (show(), reveal()));
})((window.pmx ??= {}));
