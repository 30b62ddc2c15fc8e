// The bar out of the reader's way: it floats (floating.js), and on phones it is two buttons in the corner until it is opened.
((pmx) => {
"use strict";
const { h, icon, play } = pmx;
let bar, button, floating;

/** Opens the bar on phones, or folds it; whether it was open. */
pmx.foldBar = (open = false) => {
  const was = !!bar && "open" in bar.dataset;
  if (!bar || was === open) return was;
  bar.toggleAttribute("data-open", open);
  button.setAttribute("aria-expanded", String(open));
  button.replaceChildren(icon(open ? "close" : "more"));
  if (open) [...bar.querySelectorAll(".mode")].find((mode) => mode.checkVisibility())?.focus({ preventScroll: true });
  else if (bar.contains(bar.getRootNode().activeElement)) button.focus({ preventScroll: true });
  return was;
};

pmx.hear("bar", (made) => {
  floating?.end();
  floating = undefined;
  bar = made;
  if (!bar) return;
  button = h("button.fold", { type: "button", "aria-label": "Page actions", "aria-expanded": "false", onclick: () => pmx.foldBar(!("open" in bar.dataset)) }, icon("more"));
  bar.querySelector(".browsing").append(button);
  floating = pmx.floating(bar, pmx.chrome.getRootNode().host, { stays: () => play.on || "open" in bar.dataset || !!bar.querySelector(":popover-open") });
});
pmx.hear("play", () => (pmx.foldBar(), floating?.make()));

addEventListener("pointerdown", (event) => bar && !event.composedPath().includes(bar) && pmx.foldBar(), { passive: true });
addEventListener("scroll", () => pmx.foldBar(), { passive: true });
})((window.pmx ??= {}));
