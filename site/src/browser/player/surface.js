// What the parts of the Player stand on: the site's mount, elements out of reach of authored CSS, what is said aloud.
((pmx) => {
"use strict";
const root = document.documentElement;

/** Path of the site's mount below the origin, without a slash at its end. */
pmx.mount = (root.dataset.pmxMount ?? "").replace(/\/+$/, "");
/** The address of a route or file that is named from the mount. */
pmx.address = (path) => pmx.mount + path;
/** What scrolls sideways by itself. */
pmx.SIDEWAYS = "pre, .pmx-table-scroll, .pmx-prose > table, .pmx-sideways";
pmx.document = () => document.querySelector(".pmx-document");
/** What a header covers of the window. */
pmx.headHeight = () => Math.max(0, pmx.stuck("top", innerWidth / 2)?.bottom ?? 0);
pmx.calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
pmx.isMac = /Mac|iP(hone|ad|od)/.test(navigator.platform);

// Parts speak to each other by name; none needs to know which others are there.
const bus = new EventTarget();
pmx.tell = (name, detail) => bus.dispatchEvent(new CustomEvent(name, { detail }));
pmx.hear = (name, listener) => bus.addEventListener(name, ({ detail }) => listener(detail));

/** A store that may be full, forbidden or absent. */
const keep = (area) => ({
  get(key) {
    try {
      return JSON.parse(area().getItem(`pmx:${key}`) ?? "null");
    } catch {
      return null;
    }
  },
  /** Whether it was kept. */
  set(key, value) {
    try {
      if (value == null) area().removeItem(`pmx:${key}`);
      else area().setItem(`pmx:${key}`, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  },
  /** The keys that something is kept under. */
  keys() {
    try {
      return Object.keys(area()).filter((key) => key.startsWith("pmx:")).map((key) => key.slice(4));
    } catch {
      return [];
    }
  },
});
pmx.local = keep(() => localStorage);
pmx.session = keep(() => sessionStorage);

/** An element: `h("button.primary", {onclick, "aria-label": "…"}, "text", child)`. Empty children are left out. */
pmx.h = (what, attributes = {}, ...children) => {
  const [name, ...classes] = what.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value != null && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
};

const SHAPES = {
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.2 15.2 20 20",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  dark: "M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z",
  system: "M3.5 5h17v11h-17ZM9 20h6M12 16v4",
  browse: "M12 6.5C10 5 7 4.5 3.5 4.5v13c3.5 0 6.5.5 8.5 2 2-1.5 5-2 8.5-2v-13c-3.5 0-6.5.5-8.5 2ZM12 6.5v13",
  explore: "M6 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM18.5 11a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM9 20.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM8.4 6.6l7.7 1.3M7 8.3l1.5 7.3M16.9 10.4l-6 5.9",
  play: "M8 5.5v13l10.5-6.5Z",
  previous: "M14.5 6l-6 6 6 6",
  next: "M9.5 6l6 6-6 6",
  out: "M4 16.5v-2a6 6 0 0 1 6-6h9M15 4.5l4 4-4 4",
  block: "M6 5.5l5.5 6.5L6 18.5M13 5.5l5.5 6.5-5.5 6.5",
  close: "M6 6l12 12M18 6L6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  contents: "M4 6.5h.01M8 6.5h12M4 12h.01M8 12h12M4 17.5h.01M8 17.5h8",
  arrow: "M5 12h14M13 6l6 6-6 6",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  note: "M4.5 4.5h15v11h-8l-4.5 4v-4h-2.5ZM8 9h8M8 12h5",
  answers: "M3.5 6.5 5 8l2.5-3M11 6.5h9.5M3.5 12.5 5 14l2.5-3M11 12.5h9.5M3.5 18.5 5 20l2.5-3M11 18.5h9.5",
  page: "M6 3.5h8.5L19 8v12.5H6ZM14 3.5V8.5h5",
  component: "M12 3.5l7.5 4.25v8.5L12 20.5l-7.5-4.25v-8.5ZM12 12l7.5-4.25M12 12v8.5M12 12L4.5 7.75",
  heading: "M6 5v14M18 5v14M6 12h12",
};

/** An icon; it says nothing to a screen reader. */
pmx.icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", "data-icon": name })) svg.setAttribute(key, value);
  const path = svg.appendChild(document.createElementNS(svg.namespaceURI, "path"));
  path.setAttribute("d", SHAPES[name]);
  return svg;
};

/** Our own elements stand in a shadow tree: a site's `button {…}` cannot break them, its `--pmx-*` still reach them. */
let sheet;
pmx.surface = (parent, name, where = "append") => {
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(pmx.css);
  const host = pmx.h("div.pmx-player", { "data-pmx-part": name, "data-pathmx-search": "ignore" });
  const shadow = host.attachShadow({ mode: "open" });
  shadow.adoptedStyleSheets = [sheet];
  const surface = shadow.appendChild(pmx.h(`div.root.${name}`));
  parent[where](host);
  return surface;
};

/** Waits until the last of quick calls. */
pmx.settle = (wait, run) => {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(run, wait, ...args);
  };
};

let status;
const utter = pmx.settle(350, (text) => {
  status.textContent = text;
});
/** Says this aloud to who cannot see it; of many in a moment only the last. */
pmx.say = (text) => {
  status ??= pmx.chrome.appendChild(pmx.h("p.unseen", { role: "status", "aria-live": "polite" }));
  utter(text);
};

/** The control that has the focus, in our own trees too. */
pmx.focused = () => {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element && element !== document.body && element !== root ? element : null;
};

/** Whether keys belong to this element: somebody writes or chooses there. */
pmx.takesKeys = (element) =>
  !!element?.matches?.("textarea, select, iframe, audio, video, [contenteditable]:not([contenteditable=false]), [role=textbox], [role=searchbox], [role=spinbutton], [role=listbox], [role=option], [role=radio], [role=slider], [role=scrollbar], [role=combobox], [role=menu], [role^=menuitem], [role=grid], [role=gridcell], [role=treeitem], [role=tab], [role=application], input:not([type=button], [type=submit], [type=reset], [type=checkbox], [type=image])");
})((window.pmx ??= {}));
