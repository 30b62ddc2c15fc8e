// The keys, in a dialog.
((pmx) => {
"use strict";
const { h, icon } = pmx;
let dialog;

const KEYS = [
  ["In Play", [
    ["Forward", "→ ↓ Space"], ["Back", "← ↑ Shift+Space"], ["Next Block", "Shift+→"], ["Previous Block", "Shift+←"],
    ["Out of this group", "."], ["First, last", "Home End"], ["Use what is active", "Enter"], ["Choose", "1–9"], ["Leave a field, then Play", "Esc"],
  ]],
  ["Everywhere", [["Search", pmx.isMac ? "⌘K /" : "Ctrl+K /"], ["Next, previous heading", "Alt+↓ Alt+↑"]]],
];

pmx.help = () => {
  dialog ??= pmx.chrome.appendChild(h("dialog.help", { "aria-labelledby": "help-title", onclick: (event) => event.target === dialog && dialog.close() },
    h("div.head", {}, h("h2", { id: "help-title" }, "Keyboard"), h("button.quiet", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, icon("close"))),
    KEYS.map(([title, rows]) => h("section", {}, h("h3", {}, title), h("dl", {}, rows.map(([what, keys]) => h("div", {}, h("dt", {}, what), h("dd", {}, keys.split(" ").flatMap((key, n) => [n ? " " : "", h("kbd", {}, key)]))))))),
  ));
  pmx.closePopover();
  if (!pmx.modal()) dialog.showModal();
};
})((window.pmx ??= {}));
