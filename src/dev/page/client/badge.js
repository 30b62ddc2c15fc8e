// How the server and the last build are, small and in the corner; nothing while all is well.

/** A build that takes no longer than this is not worth a word. */
const SLOW = 250;
/** How long `updated` is seen. */
const SEEN = 1600;
/** The room between it and the Player's bar, in pixels. */
const BESIDE = 8;

const badge = { online: true, building: false, updated: false, state: undefined };

/** Said to screen readers. */
badge.say = (text) => {
  badge.make();
  badge.voice.textContent = text;
};

badge.make = () => {
  if (badge.shadow) return;
  badge.shadow = surface("pmx-badge");
  badge.voice = h("div.voice", { role: "status" });
  badge.box = h("div.badge", { hidden: true });
  badge.shadow.append(badge.voice, badge.box);
  // The Player's bar has made room already.
  const beyond = () => document.querySelector(".pmx-player[data-pmx-part=chrome]")?.offsetHeight ?? 0;
  badge.floating = window.pmx.floating(badge.box, badge.shadow.host, { beyond });
};

/** What there is to say: the kind, the words, and whether they open the list. */
function words() {
  const { state, online } = badge;
  const playing = "pmxPlay" in root.dataset;
  const errors = state ? errorsIn(state) : 0, warnings = state?.findings.warningCount ?? 0;
  if (errors && (playing || online)) return ["error", [count(errors, "error"), warnings && count(warnings, "warning")].filter(Boolean).join(", "), true];
  if (playing) return;
  if (!online) return ["offline", "offline, trying again"];
  if (badge.building) return ["building", "building…"];
  if (badge.updated) return ["updated", "updated"];
  if (state?.held) return ["held", heldText(state.held)];
  if (warnings) return ["warning", count(warnings, "warning"), true];
}

/** `Showing the deploy of 14:03, 3 behind the newest` */
function heldText({ createdAt, behind }) {
  const made = new Date(createdAt), today = made.toDateString() === new Date().toDateString();
  const time = made.toLocaleString("en-GB", { hour: "2-digit", minute: "2-digit", ...(today ? {} : { day: "numeric", month: "long" }) });
  return `Showing the deploy of ${time}, ${behind} behind the newest`;
}

/** The newest deploy comes by itself: the live client is told. */
async function toNewest({ currentTarget: button }) {
  button.disabled = true;
  try {
    const answer = await fetch(new URL("newest", base), { method: "POST" });
    if (answer.ok) return;
  } catch {}
  button.disabled = false;
  badge.say("That did not work; the terminal of pmx may say why.");
}

badge.render = () => {
  const [kind, text, opens] = words() ?? [];
  if (!kind && !badge.shadow) return;
  badge.make();
  const { box } = badge;
  box.hidden = !kind || !!overlay.panel;
  box.dataset.from = getComputedStyle(root).direction === "rtl" ? "right" : "left";
  requestAnimationFrame(place);
  if (!kind || (box.dataset.kind === kind && box.dataset.text === text)) return;
  box.dataset.text = text;
  const said = kind !== "building" && kind !== "warning" && box.dataset.kind !== kind;
  box.dataset.kind = kind;
  const inside = [h("i.dot", { "aria-hidden": "true" }), h("span", {}, text)];
  if (kind === "held" && badge.state.held.mayReturn) inside.push(h("button.back", { type: "button", onclick: toNewest }, "Back to the newest"));
  box.replaceChildren(opens ? h("button", { type: "button", "aria-haspopup": "dialog", onclick: () => overlay.show(badge.state, true) || badge.render() }, ...inside) : h("p", {}, ...inside));
  if (!said) return;
  badge.say(text);
  if (kind !== "updated") badge.floating.say();
};

/** Beside the Player's bar where there is room, else above it; the list of pages ends above it. */
function place() {
  const { box, floating } = badge, bar = window.pmx?.chrome?.querySelector(".bar");
  if (!box) return;
  const own = box.getBoundingClientRect(), other = bar?.getBoundingClientRect();
  const meets = !box.hidden && other?.height && own.right + BESIDE > other.left && own.left - BESIDE < other.right;
  // Where the bar is when it is not away.
  const height = meets ? (parseFloat(getComputedStyle(bar).bottom) || 0) + bar.offsetHeight + BESIDE : 0;
  box.style.insetBlockEnd = meets ? `${Math.round(height)}px` : "";
  floating.make();
  // A short page stays one that does not scroll.
  root.style.setProperty("--pmx-below", `${badge.shadow.host.offsetHeight}px`);
  root.style.setProperty("--pmx-nav-end", box.hidden ? "0px" : `${Math.ceil(floating.covers() + BESIDE)}px`);
}

let building, seen;
badge.set = (online, isBuilding) => {
  badge.online = online;
  if (!isBuilding) {
    clearTimeout(building);
    building = undefined;
    badge.building = false;
  } else building ??= setTimeout(() => ((badge.building = true), badge.render()), SLOW);
  badge.render();
};

document.addEventListener("pmx:updated", () => {
  // The document was another one for a moment.
  for (const { host } of [overlay.shadow, badge.shadow].filter(Boolean)) if (!host.isConnected) root.append(host);
  clearTimeout(seen);
  badge.updated = true;
  seen = setTimeout(() => ((badge.updated = false), badge.render()), SEEN);
  badge.render();
});
new MutationObserver(() => badge.render()).observe(root, { attributeFilter: ["data-pmx-play"] });
for (const type of ["resize", "load"]) addEventListener(type, place);
// A component's actions make the bar taller.
for (const type of ["pathmx:actions", "pathmx:state"]) document.addEventListener(type, () => requestAnimationFrame(place));
