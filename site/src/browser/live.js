// Brings an open page to the active deploy (worker/API.md). Frames say what changed, answers in which deploy.
(() => {
"use strict";
if (!window.WebSocket || !/^http/.test(location.protocol)) return;

const TRIES = 5; // before the object is asked
const SHEET = "link[rel~=stylesheet][href]";
const root = document.documentElement;
const before = root.dataset.pmxPrefix ?? ""; // a proxy's
const timing = performance.getEntriesByType("navigation")[0];
const told = (key) => timing?.serverTiming?.find(({ name }) => name === key)?.description;
const shown = window.pmxLive?.() ?? { deploy: told("pmx-deploy"), seq: +told("pmx-seq") }; // newer client
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const backOff = (n) => Math.min(10000, 250 * 2 ** n) * (0.5 + Math.random() / 2);
let missing = timing?.responseStatus === 404;
let failures = 0, due = 0; // due: `seq` to expect
let stopped, socket, timer, young, busy, sure;

async function connect() {
  leave();
  const mine = (socket = {});
  if (!shown.deploy && (await refresh())) return; // plain files
  if (mine !== socket) return;
  if (!shown.deploy) return again();
  const ws = (socket = new WebSocket(`${location.origin.replace("http", "ws")}${before}/_events?deploy=${shown.deploy}`));
  due = shown.seq;
  young = true;
  ws.onopen = () => (timer = setTimeout(() => (young = failures = 0), 1000)); // proven
  ws.onmessage = ({ data }) => hear(JSON.parse(data));
  ws.onclose = ({ code }) => {
    if (ws !== socket) return;
    if (code === 4404) shown.deploy = shown.seq = due = 0;
    again();
  };
}

function again() {
  leave();
  timer = setTimeout(connect, backOff(failures++));
}

function leave() {
  clearTimeout(timer);
  socket?.close?.();
  socket = null;
}

async function hear({ type, paths }) {
  if (type !== "artifacts-changed") return;
  const { seq } = shown, on = young && socket;
  due = Math.max(due, seq) + 1;
  const sheets = [...document.querySelectorAll(SHEET)].map(file);
  for (const path of paths.map(encodeURI)) if (sheets.includes(path)) dirty.add(path);
  if (!missing && !dirty.size && !paths.includes(root.dataset.pmxArtifact)) return;
  await refresh();
  // A frame may be several deploys.
  if (on && on === socket && !sure && shown.seq > seq) connect();
}

// One at a time; frames raise `due`.
const refresh = () => (busy ??= round().finally(() => (busy = null)));

async function round() {
  for (let n = 0; n < TRIES; n++) {
    if (n) await sleep(backOff(n - 1));
    try {
      const asked = due, headers = n ? { "pmx-min-seq": due } : { "pmx-fresh": 1 };
      const answer = await fetch(location, { headers, cache: "no-store", signal: AbortSignal.timeout(15000) });
      const html = await answer.text();
      const get = (name) => answer.headers.get(name);
      const now = { deploy: get("pmx-deploy"), seq: +get("pmx-seq") };
      const page = answer.status < 500 && /html/.test(get("content-type"));
      if (stopped || (page && !now.deploy && !shown.deploy)) return true;
      if (!page || !now.deploy) continue;
      sure = !n && get("pmx-fresh") > 0;
      if (now.seq > shown.seq || !shown.deploy) await show(answer, html, now), (n = 0);
      if (sure && asked === due) due = shown.seq;
      if (shown.seq >= due) return;
    } catch {}
  }
  if (socket?.close) again();
}

// Only what the server changed is touched: `served` has what it sent for a node.
const served = new WeakMap(), dirty = new Set();
let loading, held;

function note(node, from) {
  served.set(node, from);
  node.childNodes.forEach((child, i) => note(child, from.childNodes[i]));
  return node;
}

async function show(answer, html, now) {
  const next = new DOMParser().parseFromString(html, "text/html").documentElement;
  if (answer.redirected) history.replaceState(history.state, "", answer.url + location.hash);
  loading = held = [];
  children(document.head, next.querySelector("head"));
  if (now.seq >= due) dirty.clear();
  await Promise.race([Promise.all(loading), sleep(3000)]); // no flash
  const restore = hold();
  patch(root, next);
  restore();
  missing = !answer.ok;
  root.dataset.pmxDeploy = Object.assign(shown, now).deploy;
  document.dispatchEvent(new CustomEvent("pmx:updated", { detail: now }));
}

const text = (node) => node.outerHTML ?? node.nodeName + node.data;
const key = (node, id = node.dataset?.pathmxBlock || node.id) => id && node.nodeName + id;
const ours = (node) => /^pmx-\S+/.exec(node.getAttribute?.("class")) ?? ""; // scripts put things into them
const kind = (node) => !key(node) && !/script|link|meta|template/i.test(node.nodeName) && node.nodeName + node.type + ours(node);

const file = (link) => new URL(link.href).pathname.slice(before.length);
const stale = (node) => node.matches?.(SHEET) && dirty.has(file(node));

function patch(live, next) {
  const was = served.get(live);
  served.set(live, next);
  if (!was.attributes) {
    let i = 0; // a selection before it stays
    while (i < live.length && live.data[i] === next.data[i]) i++;
    return live.replaceData(i, live.length, next.data.slice(i));
  }
  for (const { name } of was.attributes) if (!next.hasAttribute(name)) live.removeAttribute(name);
  for (const attr of next.attributes) if (was.getAttribute(attr.name) !== attr.value) live.setAttributeNode(attr.cloneNode());
  children(live, next);
}

function children(live, next) {
  const old = new Set([...live.childNodes].filter((node) => served.has(node)));
  const match = new Map();
  for (const like of [text, key, kind]) {
    const known = { __proto__: null };
    for (const node of old) if (!stale(node)) (known[like(served.get(node))] ??= []).push(node);
    for (const node of next.childNodes) {
      const found = !match.has(node) && like(node) && known[like(node)]?.shift();
      if (found) match.set(node, found), old.delete(found);
    }
  }
  for (const node of old) {
    served.delete(node);
    if (node.matches?.(SHEET)) sleep().then(() => Promise.all(loading)).then(() => node.remove());
    else node.remove();
  }
  let at = live.firstChild;
  for (const node of next.childNodes) {
    const found = match.get(node);
    while (at && !served.has(at)) at = at.nextSibling;
    if (!found) live.insertBefore(make(node), at);
    else if (found === at || (held.some((it) => found.contains(it)) && at?.compareDocumentPosition(found) & 4)) at = found.nextSibling; // others move
    else (live.moveBefore ?? live.insertBefore).call(live, found, at);
    if (found && text(served.get(found)) !== text(node)) patch(found, node);
  }
}

function make(from) {
  const box = new DocumentFragment();
  box.append(note(document.importNode(from, true), from));
  for (const parsed of box.querySelectorAll("script")) {
    const script = document.createRange().createContextualFragment(parsed.outerHTML).firstChild; // runs
    script.async = parsed.hasAttribute("async");
    parsed.replaceWith(note(script, served.get(parsed)));
  }
  for (const link of box.querySelectorAll(SHEET)) {
    let n = 0;
    if (stale(link)) link.href += `?${due}`;
    loading.push(new Promise((done) => {
      link.onload = done;
      link.onerror = () => (n < TRIES ? setTimeout(() => link.replaceWith(link), backOff(n++)) : done());
    }));
  }
  return box;
}

function hold() {
  const focus = document.activeElement, top = (node) => node.getBoundingClientRect().top;
  const y = focus?.closest("section") && top(focus); // typed into
  const mark = scrollY && (y > 0 && y < innerHeight ? focus : document.elementFromPoint(innerWidth / 2, 80)?.closest("section > *"));
  const was = mark && top(mark);
  held = [focus, getSelection().anchorNode];
  return () => {
    if (mark?.isConnected) scrollBy({ top: top(mark) - was, behavior: "instant" });
    const now = focus?.isConnected ? focus : document.getElementById(focus?.id);
    if (now !== document.activeElement) now?.focus({ preventScroll: true });
  };
}

const wake = () => stopped || ((failures = 0), connect());
addEventListener("online", wake);
addEventListener("pagehide", leave);
addEventListener("pageshow", ({ persisted }) => persisted && wake());
addEventListener("visibilitychange", () => document.hidden || socket?.readyState < 2 || wake());
window.pmxLive = () => ((stopped = true), leave(), shown);

note(root, document.cloneNode(true).documentElement);
if (shown.deploy) root.dataset.pmxDeploy = shown.deploy;
connect();
})();
