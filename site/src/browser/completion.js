// What a reader has ticked off: kept in this browser, for each Path by Source and Block.
(() => {
"use strict";
if (window.pmxCompletion) return;
window.pmxCompletion = true;

const PLACE = `pmx:completion:${document.documentElement.dataset.pmxMount ?? ""}`;
let here; // where the browser keeps nothing

/** When each was ticked, by its key. */
function read() {
  if (here) return here;
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "{}");
    return kept && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
  } catch {
    return {};
  }
}

function write(done) {
  here = undefined;
  try {
    localStorage.setItem(PLACE, JSON.stringify(done));
  } catch {
    here = done; // until the page is left
  }
}

const groups = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
};

function show() {
  const done = read(), has = (keys) => keys.length > 0 && keys.every((key) => Object.hasOwn(done, key));
  for (const box of document.querySelectorAll("input[data-pathmx-completion-key]")) {
    box.hidden = box.disabled = false;
    box.checked = has([box.dataset.pathmxCompletionKey]);
  }
  for (const state of document.querySelectorAll("[data-pathmx-completion-of]")) {
    const is = groups(state.dataset.pathmxCompletionOf).every(has);
    state.dataset.pathmxCompletionState = is ? "done" : "open";
    put(state, is ? "done" : "to do");
  }
  for (const progress of document.querySelectorAll("[data-pathmx-completion-groups]")) {
    const all = groups(progress.dataset.pathmxCompletionGroups), count = all.filter(has).length;
    const bar = progress.querySelector("progress"), said = progress.querySelector("[role=status]");
    if (bar) bar.max = all.length || 1, bar.value = count;
    if (said) put(said, `${count} of ${all.length} done`);
    progress.hidden = false;
  }
}

// What is said already is not said again.
const put = (el, text) => el.textContent !== text && (el.textContent = text);

addEventListener("change", ({ target }) => {
  const key = target?.dataset?.pathmxCompletionKey;
  if (key === undefined) return;
  const done = { ...read() };
  if (target.checked) done[key] = new Date().toISOString();
  else delete done[key];
  write(done);
  show();
});
addEventListener("storage", ({ key }) => (key === PLACE || key === null) && show());
addEventListener("pageshow", show);
document.addEventListener("pmx:updated", show);
show();
})();
