// Brings an open page to the active deploy, in place (worker/API.md). Frames say what changed, not in which
// deploy: answers name theirs, and connecting with the deploy that is shown makes the object compare.
(() => {
"use strict";
const before = window.pmxLive?.stop(); // a newer client takes over from the one that loaded it
if (!window.WebSocket || !location.protocol.startsWith("http")) return;

const TRIES = 5; // refetches before the object is asked to compare
const YOUNG = 1000; // ms in which a connection is not proven, and a frame may stand for several deploys
const SHEET = "link[rel~=stylesheet][href]";
const root = document.documentElement;
const timing = performance.getEntriesByType("navigation")[0];
const told = (name) => timing?.serverTiming?.find((entry) => entry.name === name)?.description;
const shown = before || { deploy: told("pmx-deploy"), seq: +told("pmx-seq") };
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const backOff = (n) => Math.min(10000, 250 * 2 ** n) * (0.5 + Math.random() / 2);
let missing = timing?.responseStatus === 404; // then any new file may be this page
let failures = 0, announced = 0;
let stopped, socket, timer, young, busy;

async function connect() {
  leave();
  const mine = (socket = {});
  if (!shown.deploy && (await refresh())) return; // plain files: nobody speaks of deploys
  if (mine !== socket) return;
  if (!shown.deploy) return again();
  const url = new URL(`/_events?deploy=${shown.deploy}`, location);
  url.protocol = url.protocol.replace("http", "ws");
  const ws = (socket = new WebSocket(url));
  announced = shown.seq;
  young = true;
  ws.onopen = () => (timer = setTimeout(() => (young = failures = 0), YOUNG));
  ws.onmessage = ({ data }) => ws === socket && hear(JSON.parse(data));
  ws.onclose = ({ code }) => {
    if (ws !== socket) return;
    if (code === 4404) shown.deploy = shown.seq = announced = 0;
    again();
  };
}

function again() {
  leave();
  timer = setTimeout(connect, backOff(failures++));
}

function leave() {
  const old = socket;
  socket = 0;
  clearTimeout(timer);
  old?.close?.();
}

async function hear({ type, paths }) {
  if (type !== "artifacts-changed") return;
  const { seq } = shown, on = young && socket;
  announced = Math.max(announced, seq) + 1;
  const sheets = [...document.querySelectorAll(SHEET)].map(file);
  for (const path of paths.map(encodeURI)) if (sheets.includes(path)) dirty.add(path);
  if (!missing && !dirty.size && !paths.includes(root.dataset.pmxArtifact)) return;
  await refresh();
  if (on && on === socket && shown.seq > seq) connect();
}

// One round at a time: a frame meanwhile raises `announced`, and the round goes on.
const refresh = () => (busy ??= round().finally(() => (busy = null)));

async function round() {
  for (let n = 0; n < TRIES; n++) {
    if (n) await sleep(backOff(n - 1));
    try {
      const headers = n ? { "pmx-min-seq": announced } : { "pmx-fresh": 1 };
      const answer = await fetch(location, { headers, cache: "no-store", signal: AbortSignal.timeout(15000) });
      const html = await answer.text();
      const get = (name) => answer.headers.get(name);
      const now = { deploy: get("pmx-deploy"), seq: +get("pmx-seq") };
      if (stopped || (answer.ok && !now.deploy && !shown.deploy)) return true;
      if (!now.deploy || !(answer.ok || answer.status === 404) || !/html/.test(get("content-type"))) continue;
      if (now.seq > shown.seq || !shown.deploy) await show(answer, html, now), (n = 0);
      if (shown.seq >= announced) return;
    } catch {}
  }
  if (socket?.close) again();
}

// Three-way: only what the server changed is touched. `served` has what it sent for each node; a node
// without an entry is a script's, and stays.
const served = new WeakMap(), dirty = new Set();
let loading, leaving;

function note(node, from) {
  served.set(node, from);
  for (let a = node.firstChild, b = from.firstChild; a && b; a = a.nextSibling, b = b.nextSibling) note(a, b);
  return node;
}

async function show(answer, html, now) {
  const next = new DOMParser().parseFromString(html, "text/html").documentElement;
  if (answer.redirected) history.replaceState(history.state, "", answer.url + location.hash);
  const old = (leaving = []);
  loading = [];
  children(document.head, next.querySelector("head"));
  dirty.clear();
  await Promise.race([Promise.all(loading), sleep(3000)]); // new sheets first: no flash
  const restore = hold();
  patch(root, next);
  restore();
  Promise.all(loading).then(() => old.forEach((link) => link.remove()));
  missing = !answer.ok;
  root.dataset.pmxDeploy = Object.assign(shown, now).deploy;
  document.dispatchEvent(new CustomEvent("pmx:updated", { detail: now }));
}

// Ways to know a node again, the surest first.
const text = (node) => node.outerHTML ?? node.nodeName + node.data;
const key = (node) => node.dataset?.pathmxBlock || node.id;
const kind = (node) => !key(node) && !/script|link|meta|template/i.test(node.nodeName) && node.nodeName + node.type;

const file = (link) => new URL(link.href).pathname;
const stale = (node) => node.matches?.(SHEET) && dirty.has(file(node));

function patch(live, next) {
  const was = served.get(live);
  served.set(live, next);
  if (live.data != null) {
    let i = 0; // only from where it differs, so that a selection before that stays
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
    const known = Object.create(null);
    for (const node of old) if (!stale(node)) (known[like(served.get(node))] ??= []).push(node);
    for (const node of next.childNodes) {
      const found = !match.has(node) && like(node) && known[like(node)]?.shift();
      if (found) match.set(node, found), old.delete(found);
    }
  }
  for (const node of old) {
    served.delete(node);
    if (node.matches?.(SHEET)) leaving.push(node);
    else node.remove();
  }
  let at = live.firstChild;
  for (const node of next.childNodes) {
    const found = match.get(node);
    while (at && !served.has(at)) at = at.nextSibling;
    if (!found) live.insertBefore(make(node), at);
    else if (found === at) at = at.nextSibling;
    else (live.moveBefore ?? live.insertBefore).call(live, found, at);
    if (found && text(served.get(found)) !== text(node)) patch(found, node);
  }
}

function make(from) {
  const box = new DocumentFragment();
  box.append(note(document.importNode(from, true), from));
  for (const script of box.querySelectorAll("script")) {
    const copy = document.createElement("script"); // one that was parsed never runs
    for (const attr of script.attributes) copy.setAttributeNode(attr.cloneNode());
    copy.async = script.async;
    copy.text = script.text;
    script.replaceWith(note(copy, served.get(script)));
  }
  for (const link of box.querySelectorAll(SHEET)) {
    let n = 0;
    if (stale(link)) link.href += `?${announced}`;
    loading.push(new Promise((done) => {
      link.onload = done;
      link.onerror = () => (n < TRIES ? setTimeout(() => (link.href = link.href), backOff(n++)) : done());
    }));
  }
  return box;
}

// What has the focus, its selection and what is in view stay.
function hold() {
  const focus = document.activeElement, from = focus?.selectionStart, to = focus?.selectionEnd;
  const mark = scrollY && document.elementFromPoint(innerWidth / 2, 80)?.closest("section > *");
  const top = () => mark.getBoundingClientRect().top, was = mark && top();
  return () => {
    if (mark?.isConnected) scrollBy({ top: top() - was, behavior: "instant" });
    const now = focus?.isConnected ? focus : document.getElementById(focus?.id);
    if (!now || now === document.activeElement) return;
    now.focus({ preventScroll: true });
    if (from != null) now.setSelectionRange(from, to);
  };
}

const wake = () => stopped || ((failures = 0), connect());
addEventListener("online", wake);
addEventListener("pagehide", leave); // an open socket keeps a page out of the back/forward cache
addEventListener("pageshow", (event) => event.persisted && wake());
document.addEventListener("visibilitychange", () => document.hidden || socket?.readyState < 2 || wake());
window.pmxLive = { stop: () => ((stopped = true), leave(), shown) };

note(root, document.cloneNode(true).documentElement);
if (shown.deploy) root.dataset.pmxDeploy = shown.deploy;
connect();
})();
