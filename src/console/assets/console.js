// What the pages of the console do beyond being read: they follow what happens, filter as one types, and know a few keys.
// A region that is live (`data-live="<topics>"`) is fetched again, as it stands in the page, when one of its topics is heard.

const QUIET_MS = 200;
const regions = () => [...document.querySelectorAll("[data-live]")];
const topics = () => new Set(regions().flatMap((region) => region.dataset.live.split(" ")));
const badge = document.querySelector(".live");

let source, timer, fetching, again, paused = false;

const say = (state, text) => {
  if (!badge) return;
  badge.dataset.state = state;
  badge.textContent = text;
};

/** Whether someone is in the middle of something in a region. */
const busy = (region) =>
  region.querySelector(":popover-open") || (region.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"));

/** Puts what is new of a region in its place; what is open stays open, what has the focus keeps it. */
function put(region, fresh) {
  if (region.innerHTML === fresh.innerHTML) return;
  for (const open of region.querySelectorAll("details[open][id]")) {
    fresh.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
  }
  const focus = region.contains(document.activeElement) ? document.activeElement : null;
  const twin = focus && (focus.id ? `#${CSS.escape(focus.id)}` : focus.closest("[id]")?.id && `#${CSS.escape(focus.closest("[id]").id)} ${focus.localName}`);
  region.replaceChildren(...fresh.childNodes);
  if (twin) region.querySelector(twin)?.focus({ preventScroll: true });
}

async function refresh() {
  timer = undefined;
  if (fetching) return void (again = true);
  if (paused || document.hidden) return;
  fetching = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.status === 401) return void location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const region of regions()) {
      const fresh = page.getElementById(region.id);
      if (!fresh) continue;
      if (busy(region)) again = true;
      else put(region, fresh);
    }
  } catch {
    // The stream says that the server has gone, and when it is back.
  } finally {
    fetching = false;
    if (again) {
      again = false;
      soon(1000);
    }
  }
}

function soon(after = QUIET_MS) {
  timer ??= setTimeout(refresh, after);
}

function listen() {
  const wanted = topics();
  if (!wanted.size || source || document.hidden) return;
  source = new EventSource(`/api/events?topics=${[...wanted].join(",")}`);
  let opened = false;
  source.addEventListener("open", () => {
    say("on", "live");
    // What happened while nobody listened.
    if (opened || source.late) soon();
    opened = true;
  });
  source.addEventListener("error", () => say("off", "not connected"));
  for (const topic of [...wanted, "missed"]) source.addEventListener(topic, () => soon(topic === "events" ? undefined : 400));
}

function hush() {
  source?.close();
  source = undefined;
}

// A browser allows six connections to a host: a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return hush();
  listen();
  if (source) source.late = true;
});
addEventListener("pagehide", hush);
addEventListener("pageshow", listen);

// What works with a script only.
for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;

document.addEventListener("click", async ({ target }) => {
  const pause = target.closest("[data-pause]");
  if (pause) {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Resume" : "Pause";
    if (!paused) soon(0);
  }
  const copy = target.closest("[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(copy.dataset.copy);
    const label = copy.textContent;
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = label), 1200);
  }
});

// A form that filters does so while one types, in place; its address is the page's.
let typing;
document.addEventListener("input", ({ target }) => {
  const form = target.closest("form[data-filter]");
  if (!form) return;
  clearTimeout(typing);
  typing = setTimeout(async () => {
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    history.replaceState(null, "", query.size ? `?${query}` : location.pathname);
    const was = paused;
    paused = false;
    await refresh();
    paused = was;
  }, QUIET_MS);
});
document.addEventListener("change", ({ target }) => target.closest("form[data-submit]")?.requestSubmit());

// Ages grow while one looks.
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
setInterval(() => {
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000));
    const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, "s"];
    time.textContent = seconds < 2 ? "just now" : `${Math.floor(seconds / size)} ${unit} ago`;
  }
}, 1000);

// Keys: `/` goes to the filter, `g` and a letter to a page, Ctrl-Enter sends the form that is written in.
let going;
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (key === "Enter" && (event.ctrlKey || event.metaKey) && target.form) return target.form.requestSubmit();
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, textarea, select")) return;
  if (going) {
    clearTimeout(going);
    going = undefined;
    document.querySelector(`.side a[data-key="${CSS.escape(key)}"]`)?.click();
  } else if (key === "g") {
    going = setTimeout(() => (going = undefined), 1500);
  } else if (key === "/") {
    const field = document.querySelector("[data-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  }
});

listen();
