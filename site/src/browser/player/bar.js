// The bar: Browse, Explore, Start Play; in Play the steps, the place, and what else there is.
((pmx) => {
"use strict";
const { h, icon, play } = pmx;
const LEVELS = { step: ["Every Beat", "Step"], browse: ["Headings", "Heading"], block: ["Blocks", "Block"] };
let bar, parts;

const button = (name, label, run, attributes = {}, text) =>
  h(`button.${name}`, { type: "button", "aria-label": text ? null : label, title: attributes.keys ? `${label} (${attributes.keys})` : label, onclick: run }, icon(attributes.icon ?? name), text && h("span.text", {}, text));

pmx.barHeight = () => (bar && !("away" in bar.dataset) ? bar.offsetHeight + (parseFloat(bar.style.getPropertyValue("--pmx-lift")) || 0) : 0);
/** Leaves an open menu; whether there was one. */
pmx.closePopover = () => {
  const open = bar?.getRootNode().querySelector(":popover-open");
  open?.hidePopover();
  return !!open || pmx.foldBar();
};
/** Whether the headings are listed at a press of a button. */
pmx.offerContents = (offer) => bar && (parts.contents.hidden = !offer);

pmx.makeBar = () => {
  if (bar) return;
  bar = pmx.chrome.appendChild(h("section.bar", { "aria-label": "Player" }));
  parts = {
    // Browse
    browse: h("button.mode", { type: "button", "aria-pressed": "true", onclick: play.leave }, icon("browse"), h("span.text", {}, "Browse")),
    contents: h("button.mode.contents-button", { type: "button", "aria-haspopup": "dialog", onclick: () => pmx.openContents?.() }, icon("contents"), h("span.text", {}, "Contents")),
    explore: h("button.mode", { type: "button", "aria-haspopup": "dialog", onclick: () => pmx.explore?.() }, icon("explore"), h("span.text", {}, "Explore")),
    start: h("button.primary", { type: "button", onclick: () => play.enterHere() }, icon("play"), h("span.text", {}, "Start Play")),
    // Play
    timeline: h("div.timeline", { role: "group", "aria-label": "Blocks" }),
    back: button("step", "Back", play.backward, { icon: "previous", keys: "←" }),
    forward: button("step.forward", "Forward", play.forward, { icon: "next", keys: "→" }),
    previousBlock: button("step.pad", "Previous Block", play.previousBlock, { icon: "block", keys: "Shift ←" }),
    block: button("quiet.next-block", "Next Block", play.nextBlock, { icon: "block", keys: "Shift →" }),
    out: button("quiet.out", "Skip out", play.skipOut, { icon: "out", keys: "." }),
    title: h("span.title", { dir: "auto" }),
    count: h("span.count"),
    actions: h("div.actions", { role: "group", "aria-label": "Actions", hidden: true }),
    more: h("button.quiet", { type: "button", "aria-label": "More", title: "More", popovertarget: "menu" }, icon("more")),
    leave: button("quiet.leave", "Leave Play", play.leave, { icon: "close", keys: "Esc" }),
    edge: h("div.edge", { hidden: true }),
  };
  parts.menu = h("div.menu", { id: "menu", popover: "auto", "aria-label": "More" });
  parts.menu.addEventListener("beforetoggle", ({ newState }) => newState === "open" && fillMenu());
  parts.browsing = h("div.row.browsing", {}, h("div.modes", {}, parts.browse, parts.contents, parts.explore), !pmx.tools.isConnected && pmx.tools, parts.start);
  parts.playing = h("div.playing", {}, parts.actions, parts.timeline, h("div.row", {},
    h("div.pad", { role: "group", "aria-label": "Steps" }, parts.previousBlock, parts.back, parts.forward),
    h("div.where", {}, parts.title, parts.count),
    h("div.tools", {}, parts.out, parts.block, parts.more, parts.leave)));
  bar.append(parts.edge, parts.browsing, parts.playing, parts.menu);
  update();
  pmx.tell("bar", bar);
};

pmx.dropBar = () => {
  bar?.remove();
  bar = undefined;
  pmx.tell("bar");
};

function fillMenu() {
  const item = (label, run, checked, keys) =>
    h("button.item", { type: "button", "aria-pressed": checked === undefined ? null : String(checked), onclick: () => (parts.menu.hidePopover(), run()) }, h("span", {}, label), keys && h("kbd", {}, keys));
  const group = (label, ...items) => h("div.group", { role: "group", "aria-label": label }, h("p", { "aria-hidden": "true" }, label), ...items);
  const shift = pmx.isMac ? "⇧" : "Shift ";
  parts.menu.replaceChildren(...[
    group("Step through", ...Object.entries(LEVELS).map(([level, [label]]) => item(label, () => play.setLevel(level), play.level === level))),
    pmx.presentations && group("Show as", ...pmx.presentations().map(({ label, run, on }) => item(label, run, on))),
    group("Go to", item("First Beat", play.first, undefined, "Home"), item("Last Beat", play.last, undefined, "End"), item("Next Block", play.nextBlock, undefined, `${shift}→`), item("Out of this group", play.skipOut, undefined, ".")),
    h("div.group", {}, pmx.keptAnswers?.().length > 0 && item("My answers", pmx.openAnswers), pmx.help && item("Keyboard", pmx.help, undefined, "?"), item("Leave Play", play.leave, undefined, "Esc")),
  ].filter(Boolean));
}

const blockTitle = (block) => {
  const heading = block.querySelector("h1, h2, h3, h4, h5, h6");
  return (heading ?? block).textContent.trim().replace(/\s+/g, " ").slice(0, 90);
};
pmx.blockTitle = blockTitle;

let shown, drawn;
function update() {
  if (!bar) return;
  const { on, stop, stops } = play;
  bar.dataset.mode = on ? "play" : "browse";
  parts.browsing.hidden = on;
  parts.playing.hidden = !on;
  parts.start.hidden = !stops.length;
  const hadFocus = bar.getRootNode().activeElement;
  if (shown !== on && hadFocus) (on ? parts.forward : parts.start).focus();
  shown = on;
  parts.edge.hidden = true;
  if (!on || !stop) return;
  timeline(stops, stop);
  const counted = stops.filter((other) => !other.passed);
  const place = counted.indexOf(stop) + 1;
  const block = stop.el.closest(".pmx-document > .pmx-block") ?? stop.el;
  parts.title.textContent = blockTitle(block);
  parts.count.textContent = `${place} of ${counted.length}`;
  parts.out.hidden = !stop.parent && !stop.container;
  // `disabled` would take the focus away.
  parts.back.setAttribute("aria-disabled", String(place === 1 && !play.neighbour("prev")));
  actions();
}

// One segment for each Block; a page of very many Blocks has one for all.
const MOST_SEGMENTS = 40;
let groups = [];
function timeline(stops, stop) {
  if (drawn !== stops) {
    drawn = stops;
    groups = [];
    for (const one of stops) (groups[one.block] ??= []).push(one);
    groups = groups.filter(Boolean);
    if (groups.length > MOST_SEGMENTS) groups = [stops];
    parts.timeline.replaceChildren(...groups.map((own) => {
      const label = groups.length === 1 ? "Start" : blockTitle(own[0].el.closest(".pmx-document > .pmx-block") ?? own[0].el);
      return h("button.segment", { type: "button", "aria-label": label, title: label, style: `flex-grow: ${own.length}`, onclick: () => play.go(own.find((one) => !one.passed && !pmx.hidden(one))) }, h("i"));
    }));
  }
  groups.forEach((own, i) => {
    const segment = parts.timeline.children[i], [start, end] = [own[0].at, own.at(-1).at];
    const part = end < stop.at ? 1 : start > stop.at ? 0 : (stop.at - start + 1) / own.length;
    segment.firstChild.style.inlineSize = `${part * 100}%`;
    if (start <= stop.at && stop.at <= end) segment.setAttribute("aria-current", "step");
    else segment.removeAttribute("aria-current");
  });
}

// What the active component offers: its actions, and its states if they have no order.
function actions() {
  const component = play.on ? play.component() : undefined;
  const { names, ordered } = pmx.statesOf(component);
  const states = ordered || names.length < 2 ? [] : names.slice(0, 10).map((name, n) =>
    h("button.action", { type: "button", "aria-pressed": String(component.dataset.state === name), onclick: () => play.chooseState(n) }, n < 10 && h("kbd", { "aria-hidden": "true" }, String((n + 1) % 10)), name));
  const offered = [...(component?.pmxActions ?? [])].slice(0, 6).map(({ id, label, run, disabled }) =>
    h("button.action", { type: "button", "data-action": id, disabled: !!disabled, onclick: () => run?.() }, label ?? id));
  const focused = parts.actions.getRootNode().activeElement, at = [...parts.actions.children].indexOf(focused);
  parts.actions.replaceChildren(...states, ...offered);
  parts.actions.hidden = !parts.actions.childElementCount;
  if (at >= 0) (parts.actions.children[at] ?? parts.forward).focus();
}
for (const type of ["pathmx:actions", "pathmx:state", "pathmx:states"]) document.addEventListener(type, () => bar && actions());

function edge() {
  if (!bar) return;
  const end = play.edge > 0, link = play.neighbour(end ? "next" : "prev");
  const label = end ? "End of the page" : "Start of the page";
  const title = link?.textContent.trim();
  parts.edge.replaceChildren(...[
    h("p", {}, label),
    link ? h("button.primary.on", { type: "button", onclick: () => play.follow(link) }, `${end ? "Next" : "Previous"}: `, h("span.text", { dir: "auto" }, title), icon("arrow"))
      : end && h("button.primary.on", { type: "button", onclick: play.first }, h("span.text", {}, "Start again")),
    end && h("button.soft", { type: "button", onclick: play.leave }, "Leave Play"),
  ].filter(Boolean));
  parts.edge.hidden = false;
  pmx.say(link ? `${label}. Step again for ${title}` : label);
}

/** What is said of a step: the place when the Block is new, and the text. */
let lastBlock;
function announce() {
  const { stop, on } = play;
  if (!on || !stop) return;
  const text = (stop.members ? pmx.membersOf(stop).map((member) => member.textContent).join(" ") : stop.kind === "component" ? stop.el.getAttribute("aria-label") ?? stop.el.textContent : stop.el.textContent).trim().replace(/\s+/g, " ");
  pmx.say((stop.block === lastBlock ? "" : `${parts?.count.textContent ?? ""}. `) + (text.length > 180 ? `${text.slice(0, 180)}…` : text || stop.kind));
  lastBlock = stop.block;
}

pmx.hear("play", update);
pmx.hear("moved", () => (update(), announce()));
pmx.hear("edge", edge);
pmx.hear("presented", update);
pmx.hear("updated", update);
})((window.pmx ??= {}));
