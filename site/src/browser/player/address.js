// The place in Play is part of the address: `?play=<Beat>`; everything else in the address stays as it is.
((pmx) => {
"use strict";

const parts = (search) => search.replace(/^\?/, "").split("&").filter(Boolean);
const isPlay = (part) => part === "play" || part.startsWith("play=");

/** The Beat that an address asks for: `""` for the first, `undefined` when it does not ask for Play. */
pmx.asked = (search = location.search) => {
  const part = parts(search).find(isPlay);
  if (part === undefined) return undefined;
  try {
    const id = decodeURIComponent(part.slice("play=".length).replaceAll("+", " "));
    return id === "1" || id === "true" ? "" : id;
  } catch {
    return "";
  }
};

/** The query with this Beat, or without one. What Beat ids are made of stays readable. */
pmx.withPlay = (search, id) => {
  const others = parts(search).filter((part) => !isPlay(part));
  if (id !== undefined) others.push(id === "" ? "play" : `play=${encodeURIComponent(id).replace(/%(3A|2F|40|2C)/g, decodeURIComponent)}`);
  return others.length ? `?${others.join("&")}` : "";
};

/** Writes the place into the address, without a new entry in the history. */
let waiting, written = 0;
pmx.write = (id) => {
  // Browsers refuse more than some hundred changes in half a minute: quick steps are written when they end.
  clearTimeout(waiting);
  const now = () => {
    waiting = undefined;
    const search = pmx.withPlay(location.search, id);
    if (search === location.search) return;
    written = performance.now();
    try {
      history.replaceState(history.state, "", location.pathname + search + location.hash);
    } catch {}
  };
  const wait = 150 - (performance.now() - written);
  if (id === undefined || wait <= 0) now();
  else waiting = setTimeout(now, wait);
};
addEventListener("pagehide", () => clearTimeout(waiting));

/** Whether the address is behind the place in Play. */
pmx.writing = () => waiting !== undefined;

/** The element that a fragment names. */
pmx.target = (hash = location.hash) => {
  const name = hash.slice(1);
  try {
    return document.getElementById(decodeURIComponent(name)) ?? document.getElementById(name);
  } catch {
    return document.getElementById(name);
  }
};

/** Where a link leads when Play goes with it, if it leads to a page of this site; else nothing. */
pmx.playAddress = (link) => {
  if (!link?.href || link.origin !== location.origin || link.hasAttribute("download") || (link.target && link.target !== "_self")) return;
  if (link.getAttribute("rel")?.includes("external")) return;
  if (!`${link.pathname}/`.startsWith(`${pmx.mount}/`) || /^\/(assets|api|_events|search)\//.test(link.pathname.slice(pmx.mount.length))) return;
  // Routes end in a type such as `.guide`; files have an extension that a browser shows by itself.
  if (/\.(?:pdf|zip|gz|png|jpe?g|gif|webp|avif|svg|mp[34]|webm|json|txt|md|csv|css|m?js|wasm|xml|ico)$/i.test(link.pathname)) return;
  return link.pathname + pmx.withPlay(link.search, pmx.asked(link.search) ?? "") + link.hash;
};
})((window.pmx ??= {}));
