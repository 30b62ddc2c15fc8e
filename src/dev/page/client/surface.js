// What the parts stand on: who we are, and elements that neither the page's rules nor its live client touch.
const script = document.currentScript;
const root = document.documentElement;
// Under the address of this script: it holds below the prefix of a proxy, too.
const base = new URL(".", script.src);
const id = script.src.match(/dev\.(\w+)\.js/)?.[1];

/** An element: `h("button.close", {onclick, "aria-label": "…"}, "text", child)`. Empty children are left out. */
function h(what, attributes = {}, ...children) {
  const [name, ...classes] = what.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value != null && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false && child !== ""));
  return element;
}

const count = (n, what) => `${n} ${what}${n === 1 ? "" : "s"}`;

/** A tree of its own, at the end of the document. The live client leaves alone what it did not serve. */
function surface(name) {
  const host = document.createElement(name);
  // The page may be in another language, and written in another direction.
  host.lang = "en";
  host.dir = "ltr";
  const shadow = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet(); // a page's Content-Security-Policy says nothing of it
  sheet.replaceSync(CSS);
  shadow.adoptedStyleSheets = [sheet];
  root.append(host);
  return shadow;
}
