// The line to the server: it says how the site is, and who it is.

/** A restart of pmx takes less; what is shorter is not worth a word. */
const GONE = 700;
const backOff = (n) => Math.min(5000, 200 * 2 ** n) * (0.75 + Math.random() / 4);

const events = { source: undefined, state: undefined };
let failures = 0, again, standing, missed;

function open() {
  leave();
  const source = (events.source = new EventSource(new URL("events", base)));
  const on = (name, heard) => source.addEventListener(name, ({ data }) => source === events.source && heard(JSON.parse(data)));
  on("hello", greet);
  on("state", hear);
  source.onopen = () => {
    failures = 0;
    clearTimeout(missed);
    missed = undefined;
    badge.set(true, events.state?.phase === "building");
  };
  source.onerror = () => {
    if (source !== events.source) return;
    leave();
    missed ??= setTimeout(() => badge.set(false, false), GONE);
    again = setTimeout(open, backOff(failures++));
  };
}

function leave() {
  clearTimeout(again);
  events.source?.close();
  events.source = undefined;
}

// Another program serves now: what pages have of it, live clients and styles, is of the old one. Once only: a cache on the
// way may bring the old page again.
let other;
function greet(hello) {
  overlay.automatic = hello.overlay;
  other = hello.id !== id && hello.id;
  if (other) {
    try {
      if (sessionStorage.getItem("pmx:dev") === other) other = undefined;
      else sessionStorage.setItem("pmx:dev", other);
    } catch {}
  }
}

function hear(state) {
  events.state = state;
  const under = state.phase === "building";
  // When the new one has built the site, so that there is one reload and not two.
  if (other && !under) return location.reload();
  badge.set(true, under);
  clearTimeout(standing);
  // An edit is under way: what is shown stays until it is known to be right or wrong.
  if (under) return;
  const stand = () => {
    badge.state = state;
    overlay.take(state);
    badge.render();
  };
  if (errorsIn(state)) standing = setTimeout(stand, STANDS);
  else stand();
}

function start() {
  if (events.started) return;
  events.started = true;
  // A browser has six connections for a site: only what is looked at holds one.
  const follow = () => (document.hidden ? leave() : events.source || open());
  addEventListener("visibilitychange", follow);
  addEventListener("pagehide", leave);
  addEventListener("pageshow", ({ persisted }) => persisted && follow());
  addEventListener("online", () => document.hidden || open());
  follow();
}

// Not in a frame, not on paper, and not twice. After every deferred script: the live client must not take our elements
// for the server's.
if (window.top === window && !new URLSearchParams(location.search).has("print") && !window.pmxDev) {
  window.pmxDev = { id };
  if (document.readyState === "complete") start();
  else {
    addEventListener("DOMContentLoaded", start);
    addEventListener("load", start);
  }
}
