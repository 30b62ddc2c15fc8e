// Who moved the focus: the reader, with pointer, Tab or Enter, or a script. In Play a control has the keys if its reader chose it.
((pmx) => {
"use strict";

/** How long after a press a script may take to open what was asked for, in ms: a request and a transition. */
const ANSWER = 1000;
const WIDGETS = "radio checkbox switch option spinbutton combobox listbox textbox searchbox menuitem menuitemradio menuitemcheckbox treeitem gridcell scrollbar application".split(" ").map((role) => `[role=${role}]`);
/** What does something by itself when a key is pressed. */
pmx.CONTROL = `a[href], area[href], button, summary, label, input, select, textarea, option, audio, video, iframe, [contenteditable], [role=button], [role=link], [role=tab], [role=slider], [tabindex]:not([tabindex='-1'], ${pmx.SIDEWAYS})`;
const KEYED = [pmx.CONTROL, ...WIDGETS].join(", ");

let owner, before; // where the reader moved the focus; the same before the last key or press
let pressed; // {target, at}: what was pressed last
let turn = false; // a key that moves the focus is being handled

const own = (element) => !!element.getRootNode().host?.matches(".pmx-player");
const within = (node, holder) => {
  for (; node; node = node.parentNode ?? node.host) if (node === holder) return true;
  return false;
};
/** Whether a press here focuses that, without any script. */
const leads = (target, focused) => within(target, focused) || target.closest("label")?.control === focused;
/** Whether it may be a script's answer to the press: a press of a control, or of an action of a component. */
const answers = (focused, now) => pressed && now - pressed.at < ANSWER &&
  (leads(pressed.target, focused) || !!pressed.target.closest(own(pressed.target) ? ".action" : KEYED));

/** Whether the keys belong to this element: the reader moved the focus there, or it is one of ours. */
pmx.isReaders = (element) => element === owner || own(element);
/** Moves the focus for the reader. */
pmx.give = (element) => {
  owner = element;
  element.focus();
};
/** Takes the focus out of a control, for the reader. */
pmx.leaveControl = (element) => {
  owner = pressed = undefined;
  turn = false;
  element.blur();
};
/** What scripts do from here on answers Play, not a press of the reader. */
pmx.forgetPress = () => {
  if (turn || pressed) owner = before;
  pressed = undefined;
  turn = false;
};
/** What the reader presses by a key of Play: what a script focuses then is the reader's. */
pmx.pressFor = (element) => {
  pressed = { target: element, at: performance.now() };
  element.click();
};

function press(event) {
  const [target] = event.composedPath();
  if (!event.isTrusted || !(target instanceof Element)) return;
  const focused = pmx.focused();
  if (event.type === "pointerdown") before = owner;
  pressed = { target, at: event.timeStamp };
  if (focused && leads(target, focused)) owner = focused;
}
addEventListener("pointerdown", press, true);
addEventListener("click", press, true);
addEventListener("focusin", (event) => {
  const [target] = event.composedPath();
  if (turn || answers(target, event.timeStamp)) owner = target;
  // An update has put another node in its place.
  else if (owner && !owner.isConnected && owner.id && owner.id === target.id) owner = target;
}, true);

// Who goes elsewhere has left it; who goes to another window has not.
addEventListener("focusout", (event) => {
  if (event.composedPath()[0] === owner && document.hasFocus()) owner = undefined;
}, true);

/** The control that a script has focused, if one has the focus. */
pmx.taken = () => {
  const focused = pmx.focused();
  return focused && focused.matches(KEYED) && !pmx.isReaders(focused) ? focused : undefined;
};

const SILENT = /^(Shift|Control|Alt|AltGraph|Meta|CapsLock|NumLock|ScrollLock|Fn|FnLock|F\d+|Unidentified|ContextMenu|PrintScreen|Pause)$/;
addEventListener("keydown", (event) => {
  if (!event.isTrusted) return;
  const { key } = event;
  const taken = pmx.play?.on && !pmx.modal?.() && !event.ctrlKey && !event.metaKey && !event.altKey && pmx.taken();
  before = owner;
  // Tab moves the focus; other keys only make scripts do so, from where the reader is.
  turn = key === "Tab" || pmx.focused() === owner;
  setTimeout(() => (turn = false));
  if (taken && (key === "Escape" || key === "Tab") && document.querySelector("dialog:modal, :popover-open")) return;
  if (taken) {
    // As if nothing had the focus: neither the control nor what listens to it may see this key.
    event.stopImmediatePropagation();
    if (SILENT.test(key)) return;
    if (key !== "Tab") event.preventDefault();
    pmx.leaveControl(taken);
    turn = key === "Tab";
    pmx.drive(event, document.body);
  }
}, true);
addEventListener("beforeinput", ({ isTrusted, target }) => {
  if (isTrusted && target === owner) (turn = true), setTimeout(() => (turn = false));
}, true);

// Keys in a frame never come here. One that took the focus without a pointer over it gives it back.
let over;
addEventListener("pointerover", ({ target }) => (over = target), true);
addEventListener("blur", () => {
  const byKey = turn;
  setTimeout(() => {
    const frame = document.activeElement;
    if (frame?.localName !== "iframe") return;
    if (byKey || over === frame || matchMedia("(hover: none)").matches) owner = frame;
    else if (frame !== owner && pmx.play?.on) frame.blur(), focus();
  });
});

// What was focused before this script came.
const { act } = pmx.opened ?? {}, focused = pmx.focused();
if (focused && act && (act.key === "Tab" || (act.type === "pointerdown" && act.target instanceof Element && leads(act.target, focused)))) owner = focused;
})((window.pmx ??= {}));
