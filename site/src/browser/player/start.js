// Brings the parts to the page, and back after the page has changed.
((pmx) => {
"use strict";
const { h, icon, play } = pmx;

/** Whether one of our dialogs is open. */
pmx.modal = () => !!pmx.chrome?.querySelector("dialog[open]");

function start() {
  if (pmx.chrome || !document.body) return;
  pmx.chrome = pmx.surface(document.body, "chrome");
  const header = document.querySelector(".pmx-site-header");
  // Without one they stand in the bar, which gives way to the text.
  const tools = (pmx.tools = header ? pmx.surface(header, "tools") : h("div.tools"));
  const keys = pmx.isMac ? "⌘K" : "Ctrl K";
  tools.append(h("button.find", { type: "button", "aria-haspopup": "dialog", "aria-keyshortcuts": pmx.isMac ? "Meta+K" : "Control+K", onclick: () => pmx.search?.open() }, icon("search"), h("span.text", {}, "Search"), h("kbd", { "aria-hidden": "true" }, keys)));
  pmx.makeSchemeToggle(tools);
  update();
  const asked = pmx.asked();
  if (asked !== undefined) play.enter(asked);
}

function update() {
  pmx.applyScheme();
  play.refresh();
  // Nothing to browse on a page without a document, such as the one for what is not there.
  if (pmx.document()) pmx.makeBar();
  else pmx.dropBar();
  pmx.tell("updated");
}

document.addEventListener("pmx:updated", () => pmx.chrome && update());
addEventListener("popstate", () => {
  if (pmx.writing()) return; // a hash, not the history
  const asked = pmx.asked();
  if (asked === undefined) play.leave();
  else if (play.stop?.id !== asked) play.enter(asked);
});
addEventListener("hashchange", () => {
  const target = play.on && !pmx.held() && pmx.target();
  if (target && pmx.document()?.contains(target) && !target.contains(play.stop.el)) play.go(pmx.findAt(play.stops, target));
});

// After every deferred script: the live client must not take our elements for the server's.
if (document.readyState === "complete") start();
else {
  addEventListener("DOMContentLoaded", start);
  addEventListener("load", start);
}
})((window.pmx ??= {}));
