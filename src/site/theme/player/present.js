// Presentations: the text as it flows, one Block at a time, or all Blocks side by side. Outside of Play a page always flows.
((pmx) => {
"use strict";
const { play } = pmx;
const NAMES = { flow: "Text", slides: "Slides", grid: "Overview" };
let chosen, back = "slides";

/** What the page is shown as in Play. */
const mode = () => chosen ?? (NAMES[pmx.document()?.dataset.pathmxPresentation] ? pmx.document().dataset.pathmxPresentation : "flow");

pmx.present = (next) => {
  if (mode() === "flow" || mode() === "slides") back = mode();
  chosen = next;
  show();
  if (play.on) play.go(play.stop, { instant: true });
  pmx.tell("presented");
  pmx.say(`Shown as: ${NAMES[next]}`);
};
pmx.presentations = () => Object.entries(NAMES).map(([name, label]) => ({ label, on: mode() === name, run: () => pmx.present(name) }));

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
  if (!play.on) chosen = undefined;
  show();
});
pmx.hear("painted", show);
pmx.hear("updated", show);
})((window.pmx ??= {}));
