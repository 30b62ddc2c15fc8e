// Light, dark, or as the system says. `early.js` applies the choice before the first paint.
((pmx) => {
"use strict";
const { h, icon } = pmx;
const root = document.documentElement;
const NEXT = { system: "light", light: "dark", dark: "system" };
const NAMES = { system: "as the system", light: "light", dark: "dark" };
let button;

const chosen = () => {
  const scheme = pmx.local.get("color-scheme");
  return scheme === "light" || scheme === "dark" ? scheme : "system";
};

/** Applies the choice to the page; an update of the page takes away what its server did not send. */
pmx.applyScheme = () => {
  const scheme = chosen();
  // A document that forces its scheme has nothing to choose.
  const forced = "pmxOneScheme" in root.dataset || !!pmx.document()?.dataset.pathmxColorScheme;
  if (button) button.hidden = forced;
  if ("pmxOneScheme" in root.dataset) return;
  if (scheme === "system") delete root.dataset.pathmxColorScheme;
  else root.dataset.pathmxColorScheme = scheme;
  if (!button) return;
  const label = `Colours: ${NAMES[scheme]}`;
  button.setAttribute("aria-label", label);
  button.title = label;
  button.replaceChildren(icon(scheme));
};

pmx.makeSchemeToggle = (place) => {
  button = place.appendChild(h("button.tool", { type: "button", onclick: () => {
    const next = NEXT[chosen()];
    pmx.local.set("color-scheme", next === "system" ? null : next);
    pmx.applyScheme();
    document.dispatchEvent(new CustomEvent("pmx:color-scheme", { detail: { scheme: next } }));
    pmx.say(`Colours: ${NAMES[next]}`);
  } }));
  pmx.applyScheme();
};
addEventListener("storage", ({ key }) => key === "pmx:color-scheme" && pmx.applyScheme());
})((window.pmx ??= {}));
