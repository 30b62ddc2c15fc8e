// The live client: brings an open page to the deploy that is active, in place (worker/API.md, `/_events`).
// A frame says what changed but not which deploy it belongs to. The truth is in the answers: each names
// its deploy and `seq`, and connecting with the deploy that is shown makes the object compare.
(() => {
  "use strict";
  const before = window.pmxLive?.stop(); // a newer client takes over from the one that loaded it
  if (!window.WebSocket || !location.protocol.startsWith("http")) return;

  const TRIES = 5; // refetches before the object is asked to compare, by connecting again
  const CATCH_UP = 1000; // ms after connecting in which a frame may stand for several deploys
  const STABLE = 5000; // ms after which a connection counts as a good one
  const AWAY = 30000; // ms in the background after which a socket is not trusted
  const root = document.documentElement;
  const timing = performance.getEntriesByType("navigation")[0];
  const told = (name) => timing?.serverTiming?.find((entry) => entry.name === name)?.description;
  const shown = before || { deploy: told("pmx-deploy"), seq: Number(told("pmx-seq")) || 0 };
  const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));
  const backOff = (n) => Math.min(10000, 250 * 2 ** n) * (0.5 + Math.random() / 2);

  let missing = timing?.responseStatus === 404; // then any new file may be this page
  let stopped = false, failures = 0, announced = 0, dirty = new Set();
  let socket, busy, opened, hidden, retry, second;

  // ---- hearing of changes

  async function connect() {
    disconnect();
    const mine = (socket = {});
    if (!shown.deploy && !(await refresh())) return; // nobody here speaks of deploys: plain files
    if (mine !== socket) return;
    if (!shown.deploy) return again();
    const url = new URL("/_events", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.searchParams.set("deploy", shown.deploy);
    const ws = (socket = new WebSocket(url));
    announced = shown.seq;
    opened = Infinity;
    ws.onopen = () => (opened = Date.now());
    ws.onmessage = (event) => ws === socket && hear(event.data);
    ws.onclose = (event) => {
      if (ws !== socket) return;
      if (Date.now() - opened > STABLE) failures = 0;
      if (event.code === 4404) shown.deploy = undefined, shown.seq = announced = 0;
      again();
    };
  }

  function again() {
    disconnect();
    retry = setTimeout(connect, backOff(failures++));
  }

  function disconnect() {
    const old = socket;
    socket = undefined;
    clearTimeout(retry);
    clearTimeout(second);
    old?.close?.();
  }

  function hear(data) {
    let frame;
    try { frame = JSON.parse(data) } catch { return }
    if (frame.type !== "artifacts-changed") return;
    announced = Math.max(announced, shown.seq) + 1;
    const paths = new Set(frame.paths), styles = [...document.querySelectorAll(SHEET)].map(pathOf).filter((path) => paths.has(path));
    for (const path of styles) dirty.add(path);
    if (!missing && !styles.length && !paths.has(root.dataset.pmxArtifact)) return;
    refresh();
    // The Worker asks the object once a second: what several deploys made is looked at again after that.
    if (Date.now() - opened < CATCH_UP) clearTimeout(second), second = setTimeout(refresh, 1200 + Math.random() * 1000);
  }

  // ---- fetching, one round at a time: a frame meanwhile raises `announced`, and the round goes on.
  // Resolves to whether a Worker answered, or may yet.

  function refresh() {
    return (busy ??= round().finally(() => (busy = undefined)));
  }

  async function round() {
    for (let n = 0; n < TRIES; n++) {
      if (n) await sleep(backOff(n - 1));
      if (stopped) return true;
      try {
        const headers = n ? { "pmx-min-seq": String(announced) } : { "pmx-fresh": "1" };
        const answer = await fetch(location.href, { headers, cache: "no-store", signal: AbortSignal.timeout(15000) });
        const deploy = answer.headers.get("pmx-deploy"), seq = Number(answer.headers.get("pmx-seq"));
        if (!deploy && answer.ok && !shown.deploy) return false;
        const page = deploy && (answer.ok || answer.status === 404) && /html/.test(answer.headers.get("content-type"));
        if (page && (seq > shown.seq || !shown.deploy)) {
          const html = await answer.text();
          if (stopped) return true;
          await show(answer, html, deploy, seq);
          n = -1;
        }
        if (page && shown.seq >= announced) return true;
      } catch {
        // No network, or a redirect that leaves the site, which only the browser can follow.
        if (n === TRIES - 1 && (await leaves())) location.reload();
      }
    }
    if (socket?.close) again();
    return true;
  }

  const leaves = () => fetch(location.href, { redirect: "manual" }).then((answer) => answer.type === "opaqueredirect", () => false);

  // ---- showing: three-way, so that only what the server changed is touched. `served` remembers, for each
  // node, what the server sent for it; nodes without an entry belong to scripts and stay.

  const SHEET = "link[rel~=stylesheet][href]";
  const served = new WeakMap();
  let loading, leaving;
  const note = (node, from) => {
    served.set(node, from);
    for (let a = node.firstChild, b = from.firstChild; a && b; a = a.nextSibling, b = b.nextSibling) note(a, b);
  };
  const pathOf = (link) => {
    const url = new URL(link.getAttribute("href"), location.href);
    return url.origin === location.origin ? decodeURIComponent(url.pathname) : undefined;
  };

  async function show(answer, html, deploy, seq) {
    const next = new DOMParser().parseFromString(html, "text/html");
    if (answer.redirected) history.replaceState(history.state, "", answer.url.split("#")[0] + location.hash);
    loading = [], leaving = [];
    attributes(root, next.documentElement);
    children(document.head, next.head);
    dirty.clear();
    await Promise.race([Promise.all(loading), sleep(3000)]); // no flash: new sheets are there before what needs them
    const restore = hold();
    attributes(document.body, next.body);
    children(document.body, next.body);
    const old = leaving;
    const styled = Promise.all(loading).then(() => old.forEach((link) => link.remove()));
    restore();
    missing = answer.status === 404;
    Object.assign(shown, { deploy, seq });
    root.dataset.pmxDeploy = deploy;
    await Promise.race([styled, sleep(3000)]);
    document.dispatchEvent(new CustomEvent("pmx:updated", { detail: { deploy, seq } }));
  }

  const text = (node) => node.outerHTML ?? node.nodeName + node.data;
  const key = (node) => node.getAttribute?.("data-pathmx-block") || node.id;
  const kind = (node) => key(node) || /^(script|link|meta|template|noscript)$/i.test(node.nodeName) ? "" : node.nodeName + (node.type || "");

  function attributes(live, next) {
    const was = served.get(live);
    served.set(live, next);
    for (const { name } of was.attributes) if (!next.hasAttribute(name)) live.removeAttribute(name);
    for (const attr of next.attributes) if (was.getAttribute(attr.name) !== attr.value) live.setAttributeNode(attr.cloneNode());
  }

  function children(live, next) {
    const pool = new Set([...live.childNodes].filter((node) => served.has(node) && !stale(node)));
    const match = new Map();
    for (const like of [text, key, kind]) {
      const waiting = new Map();
      for (const node of pool) {
        const sign = like(served.get(node));
        if (sign) waiting.set(sign, [...(waiting.get(sign) ?? []), node]);
      }
      for (const node of next.childNodes) {
        const found = !match.has(node) && waiting.get(like(node))?.shift();
        if (found) match.set(node, found), pool.delete(found);
      }
    }
    for (const node of live.childNodes.length ? [...live.childNodes] : []) if (served.has(node) && (pool.has(node) || stale(node))) drop(node);
    let at = live.firstChild;
    for (const node of next.childNodes) {
      const found = match.get(node);
      while (at && !served.has(at)) at = at.nextSibling;
      if (!found) live.insertBefore(make(node), at);
      else {
        if (found === at) at = at.nextSibling;
        else (live.moveBefore ?? live.insertBefore).call(live, found, at);
        if (text(served.get(found)) !== text(node)) patch(found, node);
      }
    }
  }

  function patch(live, next) {
    if (live.nodeType === 1) return attributes(live, next), children(live, next);
    served.set(live, next);
    // Only the part that differs, so that a selection elsewhere in the text stays.
    const a = live.data, b = next.data, most = Math.min(a.length, b.length);
    let head = 0, tail = 0;
    while (head < most && a[head] === b[head]) head++;
    while (tail < most - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
    live.replaceData(head, a.length - head - tail, b.slice(head, b.length - tail));
  }

  const stale = (node) => node.matches?.(SHEET) && dirty.has(pathOf(node));

  function drop(node) {
    if (!node.matches?.(SHEET)) return node.remove();
    served.delete(node);
    leaving.push(node);
  }

  function make(from) {
    let node = document.importNode(from, true);
    note(node, from);
    const all = (selector) => (node.matches?.(selector) ? [node] : [...(node.querySelectorAll?.(selector) ?? [])]);
    for (const script of all("script")) {
      const copy = document.createElement("script"); // a parsed one never runs
      for (const attr of script.attributes) copy.setAttributeNode(attr.cloneNode());
      copy.async = script.hasAttribute("async");
      copy.text = script.text;
      note(copy, served.get(script));
      if (script === node) node = copy;
      else script.replaceWith(copy);
    }
    for (const link of all(SHEET)) {
      if (stale(link)) link.href += (link.href.includes("?") ? "&" : "?") + "pmx=" + announced;
      loading.push(load(link, 0));
    }
    return node;
  }

  const load = (link, n) => new Promise((done) => {
    link.onload = done;
    link.onerror = async () => {
      await sleep(backOff(n));
      if (n === TRIES || !link.isConnected) return done();
      const copy = link.cloneNode();
      served.set(copy, served.get(link));
      load(copy, n + 1).then(done);
      link.replaceWith(copy);
    };
  });

  // Focus, its selection, and the first thing in view stay where they are.
  function hold() {
    const focus = document.activeElement, range = focus && "selectionStart" in focus && [focus.selectionStart, focus.selectionEnd];
    const marks = [];
    if (scrollY > 0) for (const node of document.querySelectorAll("main :is(section, section > *)")) {
      const { top, bottom } = node.getBoundingClientRect();
      if (bottom > 60 && marks.push([node, top]) > 20) break;
    }
    return () => {
      const mark = marks.reverse().find(([node]) => node.isConnected);
      if (mark) scrollBy({ top: mark[0].getBoundingClientRect().top - mark[1], behavior: "instant" });
      if (!focus || focus === document.activeElement || focus === document.body) return;
      const target = focus.isConnected ? focus : focus.id && document.getElementById(focus.id);
      target?.focus?.({ preventScroll: true });
      if (range && range[0] !== null) target?.setSelectionRange?.(...range);
    };
  }

  // ---- life

  const live = () => stopped || (failures = 0, connect());
  const pause = () => disconnect();
  const seen = () => {
    if (document.hidden) hidden = Date.now();
    else if (!(socket?.readyState < 2) || Date.now() - hidden > AWAY) live();
  };
  addEventListener("online", live);
  addEventListener("pagehide", pause);
  addEventListener("pageshow", (event) => event.persisted && live());
  document.addEventListener("visibilitychange", seen);
  window.pmxLive = { stop: () => (stopped = true, disconnect(), shown) };

  note(root, document.cloneNode(true).documentElement);
  if (shown.deploy) root.dataset.pmxDeploy = shown.deploy;
  connect();
})();
