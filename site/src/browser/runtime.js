// Brings components to life: runs a component's script once for each of its roots, and takes back what the script
// started when the root goes. A component's file calls `pmxRuntime.define`; pages load this file first.
//
// What a root says about itself: `data-pathmx-component` and `-source` (lists: an element may be the root of two),
// `data-pathmx-states`, `data-state`. What others may read and hear of it:
//   root.pmxActions          what the component offers to do, with `pathmx:actions` when it changes
//   root.pmxStates           [{name, label}], with `pathmx:states` when a script declares them
//   pathmx:state             {state, previous}: the state has changed
//   data-pathmx-error        its script has failed
// The Player asks for a state by `pathmx:play-step` {state} or {index}; unless the component prevents it, it is set here.
(() => {
"use strict";
if (window.pmxRuntime) return;

const ROOT = "[data-pathmx-component]";
const page = document.documentElement;
const definitions = new Map(); // by name and source
const running = new Map(); // root -> Map(key -> instance)

const key = (name, source) => `${name} ${source}`;
const words = (text) => (text ?? "").split(/\s+/).filter(Boolean);
const tell = (el, type, detail) => el.dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));

// Definitions

/** `about`: {source, assets, data, props}; addresses are relative to the script that calls. */
function define(name, about, run) {
  const base = document.currentScript?.src || document.baseURI;
  const id = key(name, about.source), code = JSON.stringify(about) + run, before = definitions.get(id);
  if (before?.code === code && before.base === base) return;
  definitions.set(id, { name, about, run, base, code, failed: false });
  for (const root of document.querySelectorAll(`[data-pathmx-component~="${CSS.escape(name)}"]`)) {
    running.get(root)?.get(id)?.stop(); // a new edition, in place
    running.get(root)?.delete(id);
    connect(root);
  }
}

function connect(root) {
  const names = words(root.dataset.pathmxComponent), sources = words(root.dataset.pathmxComponentSource);
  const here = running.get(root) ?? new Map(), wanted = new Set(names.map((name, i) => key(name, sources[i])));
  for (const [id, instance] of here) if (!wanted.has(id)) instance.stop(), here.delete(id);
  for (const id of wanted) if (definitions.has(id) && !here.has(id)) here.set(id, start(root, definitions.get(id)));
  if (here.size) running.set(root, here);
  else running.delete(root);
}

function disconnect(root) {
  for (const instance of running.get(root)?.values() ?? []) instance.stop();
  running.delete(root);
}

function restart(root) {
  disconnect(root);
  connect(root);
}

// Roots come and go with what scripts and updates do to the page.
const watch = new MutationObserver((records) => settle(records));

function settle(records) {
  for (const root of [...running.keys()]) if (!root.isConnected) disconnect(root);
  for (const { type, addedNodes, target } of records) {
    if (type === "attributes") connect(target);
    for (const node of addedNodes) {
      if (node.nodeType !== 1 || !node.isConnected) continue;
      if (node.matches(ROOT)) connect(node);
      node.querySelectorAll(ROOT).forEach(connect);
    }
  }
}

// An update that changed what is in a component, or what it was given, begins it anew: its script knows the old nodes.
document.addEventListener("pmx:updated", () => {
  const records = watch.takeRecords(), touched = new Set();
  settle(records);
  for (const { target, type } of records) {
    if (type === "attributes") continue;
    const from = target.nodeType === 1 ? target : target.parentElement;
    for (let root = from?.closest(ROOT); root; root = root.parentElement?.closest(ROOT)) touched.add(root);
  }
  for (const [root, here] of [...running]) {
    const fresh = [...here.values()].every(({ young }) => young);
    if (!fresh && (touched.has(root) || [...here.values()].some(({ given }) => given !== givenTo(root)))) restart(root);
  }
});

// What authors give to a component, apart from what scripts change all the time.
const OWN = /^(class|style|id|hidden|role|tabindex|open|inert|data-.*|aria-.*)$/;
const givenTo = (root) => [...root.attributes].filter(({ name }) => !OWN.test(name)).map(({ name, value }) => `${name}=${value}`).join("\n");

// Instances

function start(el, definition) {
  const { name, about, base } = definition;
  const ends = [], over = new AbortController();
  let stopped = false;

  const fail = (error) => {
    el.setAttribute("data-pathmx-error", `${name}: ${error?.message ?? error}`);
    if (!definition.failed) console.error(`The script of the component "${name}" has failed:`, error);
    definition.failed = true;
  };
  const attempt = (act) => {
    try {
      return act();
    } catch (error) {
      fail(error);
    }
  };
  const cleanup = (end) => {
    if (typeof end !== "function") return;
    if (stopped) attempt(end);
    else ends.push(end);
  };

  const $ = (selector) => el.querySelector(selector);
  const $$ = (selector) => [...el.querySelectorAll(selector)];
  /** Listens as long as the instance lives; `target`: something that has events, or a list of such. */
  const on = (target, type, listener, options) => {
    const targets = target && typeof target.addEventListener !== "function" && target[Symbol.iterator] ? [...target] : [target];
    const off = [];
    for (const one of targets) {
      if (!one?.addEventListener) throw new TypeError(`${name}: nothing to listen to for "${type}"`);
      const settings = typeof options === "boolean" ? { capture: options } : options;
      if (!stopped) one.addEventListener(type, listener, { signal: over.signal, ...settings });
      off.push(() => one.removeEventListener(type, listener, settings));
    }
    const end = () => off.forEach((remove) => remove());
    if (options?.signal) cleanup(end); // its own signal stands in for ours
    return end;
  };

  const shared = stateOf(el);
  const state = {
    get: shared.get,
    set: shared.set,
    declare: shared.declare,
    get states() {
      return shared.states().map((entry) => entry.name);
    },
    on(listener) {
      const heard = (...args) => attempt(() => listener(...args));
      shared.listeners.add(heard);
      const off = () => shared.listeners.delete(heard);
      cleanup(off);
      return off;
    },
  };

  const attrs = Object.fromEntries([...el.attributes].map(({ name, value }) => [name, value]));
  attrs.role ??= el.dataset.pathmxPropRole; // given, but no role of an element
  if (attrs.role === undefined) delete attrs.role;
  const ctx = {
    name,
    el,
    signal: over.signal,
    attrs,
    props: propsOf(about.props, attrs),
    assets: records(about.assets, base, (url) => ({ url })),
    data: records(about.data, base, reader),
    cleanup,
    /**
     * State of this instance alone, to change at will; `initial`: a value, or a function that makes one. With `changed`, plain objects and
     * arrays are watched as deep as they go: it is called once for all that changed in a turn.
     */
    state(initial, changed) {
      const value = own(typeof initial === "function" ? initial() : initial);
      if (typeof changed !== "function") return value;
      let told = true;
      return watched(value, () => {
        if (!told || stopped) return;
        told = false;
        queueMicrotask(() => ((told = true), stopped || attempt(changed)));
      });
    },
    effect: (run, options) => {
      const effect = makeEffect(el, run, options?.when, fail);
      cleanup(effect.end);
      return effect.end;
    },
    morph,
    transition,
    play: {
      actions: {
        set: (list) => setActions(el, name, list, fail),
        clear: () => setActions(el, name, [], fail),
      },
    },
  };
  cleanup(() => el.pmxActions?.owner === name && setActions(el, name, [], fail));

  if (el.getAttribute("data-pathmx-error")?.startsWith(`${name}: `)) el.removeAttribute("data-pathmx-error");
  const instance = {
    given: givenTo(el),
    young: true,
    stop() {
      if (stopped) return;
      stopped = true;
      over.abort();
      for (const end of ends.reverse()) attempt(end);
    },
  };
  setTimeout(() => (instance.young = false));
  try {
    const done = definition.run(el, $, $$, on, state, ctx);
    // What an async script throws after its end was brought about by the end.
    if (typeof done?.then === "function") done.then(cleanup, (error) => stopped || fail(error));
    else cleanup(done);
  } catch (error) {
    fail(error);
  }
  return instance;
}

/** Whether it has no nature of its own, as a Set, a Date, an element or an instance of a class has. */
function isPlain(value) {
  if (typeof value !== "object" || value === null) return false;
  const nature = Object.getPrototypeOf(value);
  return nature === Object.prototype || nature === null || (Array.isArray(value) && nature === Array.prototype);
}

/** Plain objects and arrays, copied as deep as they go; everything else is itself. */
function own(value, copies = new Map()) {
  if (!isPlain(value)) return value;
  if (copies.has(value)) return copies.get(value);
  const copy = Array.isArray(value) ? new Array(value.length) : Object.create(Object.getPrototypeOf(value));
  copies.set(value, copy); // it may hold itself
  const parts = Object.getOwnPropertyDescriptors(value);
  for (const key of Reflect.ownKeys(parts)) {
    if ("value" in parts[key]) parts[key] = { ...parts[key], value: own(parts[key].value, copies) };
  }
  return Object.defineProperties(copy, parts);
}

/** Plain objects and arrays whose changes are told, as deep as they go; everything else is itself. */
function watched(value, tell, known = { views: new WeakMap(), values: new WeakMap() }) {
  if (!isPlain(value) || known.values.has(value)) return value;
  if (known.views.has(value)) return known.views.get(value);
  const view = new Proxy(value, {
    get(target, key, receiver) {
      const part = Reflect.get(target, key, receiver), about = Reflect.getOwnPropertyDescriptor(target, key);
      // What can never be another value must be given as it is.
      return about && !about.configurable && !about.writable ? part : watched(part, tell, known);
    },
    set(target, key, given, receiver) {
      const part = known.values.get(given) ?? given, had = Object.hasOwn(target, key), before = target[key], length = target.length;
      const done = Reflect.set(target, key, part, receiver);
      if (done && (!had || !Object.is(before, part) || (Array.isArray(target) && target.length !== length))) tell();
      return done;
    },
    deleteProperty(target, key) {
      const had = Object.hasOwn(target, key), done = Reflect.deleteProperty(target, key);
      if (had && done) tell();
      return done;
    },
  });
  known.views.set(value, view);
  known.values.set(view, value);
  return view;
}

const fold = (name) => name.replaceAll("-", "").toLowerCase();

/** The definition's defaults, then the attributes; a name is the same with dashes, in camel case, in lower case. */
function propsOf(defaults, attrs) {
  const props = { ...defaults }, names = new Map(Object.keys(props).map((name) => [fold(name), name]));
  for (const [name, value] of Object.entries(attrs)) {
    if (/^(class|style|data-pathmx-.*|data-state)$/.test(name)) continue;
    const known = names.get(fold(name)) ?? name;
    names.set(fold(name), known);
    props[known] = value;
  }
  return new Proxy(props, {
    get: (target, name) => (typeof name !== "string" || name in target ? target[name] : target[names.get(fold(name))]),
    has: (target, name) => name in target || (typeof name === "string" && names.has(fold(name))),
  });
}

const records = (files, base, make) =>
  Object.fromEntries(Object.entries(files ?? {}).map(([name, address]) => [name, make(new URL(address, base).href)]));

const loaded = new Map(); // data by address, once for the page

function reader(url) {
  const load = () => {
    if (!loaded.has(url)) {
      const answer = fetch(url).then((response) => {
        if (!response.ok) throw new Error(`${response.status} for ${url}`);
        return response.arrayBuffer();
      });
      answer.catch(() => loaded.delete(url)); // may be asked for again
      loaded.set(url, answer);
    }
    return loaded.get(url);
  };
  const text = async () => new TextDecoder().decode(await load());
  return { url, text, json: async () => JSON.parse(await text()), bytes: async () => new Uint8Array((await load()).slice(0)) };
}

// States: they belong to the root, and stay when its script begins anew.

const states = new WeakMap();

function stateOf(el) {
  if (states.has(el)) return states.get(el);
  const listeners = new Set();
  let declared;

  const fromAttribute = () => {
    const text = el.dataset.pathmxStates ?? "";
    if (!text.trim()) return [];
    return text.split(text.includes("|") ? "|" : ",").map((name) => ({ name: name.trim(), label: name.trim() }));
  };
  const all = () => declared ?? fromAttribute();
  const get = () => el.getAttribute("data-state") || null;
  const write = (name) => (name ? el.setAttribute("data-state", name) : el.removeAttribute("data-state"));

  function set(name) {
    const next = name === undefined || name === "" || name === null ? null : String(name), previous = get();
    if (next === previous) return;
    const known = all();
    if (next !== null && known.length && !known.some((entry) => entry.name === next)) {
      return console.warn(`"${next}" is no state of <${el.dataset.pathmxComponent}>: ${known.map((entry) => entry.name).join(", ")}`);
    }
    write(next);
    for (const listener of [...listeners]) listener(next, previous);
    tell(el, "pathmx:state", { state: next, previous });
  }

  /** States that only the script knows; `entries`: names, or {name, label}. They have an order unless `ordered` is false. */
  function declare(entries, { initial, ordered = true } = {}) {
    const list = [...entries].map((entry) => (typeof entry === "string" ? { name: entry } : entry));
    declared = list.map(({ name, label, ...more }) => ({ ...more, name: String(name), label: label ?? String(name) }));
    const names = declared.map((entry) => entry.name);
    el.dataset.pathmxStates = names.join(ordered ? " | " : ", ");
    el.pmxStates = declared;
    const wished = initial === undefined ? (el.dataset.pathmxInitialState ?? names[0]) : initial;
    if (!names.includes(get())) write(names.includes(wished) ? wished : null);
    tell(el, "pathmx:states", { states: declared, ordered });
  }

  const own = { get, set, declare, listeners, states: all, ordered: () => (el.dataset.pathmxStates ?? "").includes("|"), isDeclared: () => !!declared };
  states.set(el, own);
  return own;
}

// Entering an ordered component asks for its first state, each further step for the next.
document.addEventListener("pathmx:play-step", (event) => {
  const root = event.target.closest?.(ROOT), { state, index } = event.detail ?? {};
  if (event.defaultPrevented || !root || (event.target !== root && state === undefined)) return;
  const own = stateOf(root);
  if (state !== undefined) own.set(state);
  else if (Number.isInteger(index) && own.ordered() && (index > 0 || !own.isDeclared())) {
    const entry = own.states()[index];
    if (entry) own.set(entry.name);
  }
});

// Actions

function setActions(el, owner, list, fail) {
  const seen = new Set();
  const actions = [...(list ?? [])].map(({ id, label, run, disabled }) => {
    if (!id || !label || typeof run !== "function") throw new TypeError(`${owner}: an action has an id, a label and a function "run"`);
    if (seen.has(id)) throw new TypeError(`${owner}: two actions are called "${id}"`);
    seen.add(id);
    const guarded = async () => {
      try {
        await run();
      } catch (error) {
        fail(error);
      }
    };
    return { id, label, disabled: !!disabled, run: guarded };
  });
  if (!actions.length && !el.pmxActions) return;
  if (actions.length) el.pmxActions = Object.assign(actions, { owner });
  else delete el.pmxActions;
  tell(el, "pathmx:actions", { actions });
}

// Effects: work that goes on while its root is seen. Nothing of one run overlaps the next.

const effects = new Map(); // root -> Set of its effects
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) for (const effect of effects.get(target) ?? []) effect.see(isIntersecting);
});
const weigh = () => effects.forEach((set) => set.forEach((effect) => effect.weigh()));
document.addEventListener("visibilitychange", weigh);
new MutationObserver(weigh).observe(page, { subtree: true, attributes: true, attributeFilter: ["data-pathmx-play-state", "data-pmx-play"] });

const ACTIVE = '[data-pathmx-play-state="active"]';
const presented = (el) => !("pmxPlay" in page.dataset) || !!el.closest(ACTIVE) || !!el.querySelector(ACTIVE);

function makeEffect(el, run, when, fail) {
  let seen = !when, wanted = false, ended = false, busy = false;

  async function work() {
    if (busy) return; // goes on below
    busy = true;
    while (wanted && !ended) {
      const over = new AbortController();
      let stop;
      const stopped = new Promise((done) => (stop = done));
      effect.stop = () => (over.abort(), stop());
      try {
        const end = await run({ signal: over.signal });
        if (wanted && !ended) await stopped;
        if (typeof end === "function") await end();
      } catch (error) {
        if (!over.signal.aborted) fail(error);
        if (wanted && !ended) await stopped;
      }
    }
    busy = false;
  }

  const effect = {
    stop: null,
    see(visible) {
      seen = visible;
      effect.weigh();
    },
    weigh() {
      const now = !ended && seen && (!when || !document.hidden) && (when !== "presented" || presented(el));
      if (now === wanted) return;
      wanted = now;
      if (now) work();
      else effect.stop?.();
    },
    end() {
      ended = true;
      effect.weigh();
      const set = effects.get(el);
      set?.delete(effect);
      if (set && !set.size) effects.delete(el), sight.unobserve(el);
    },
  };
  if (when) {
    if (!effects.has(el)) effects.set(el, new Set());
    effects.get(el).add(effect);
    sight.unobserve(el); // so that it answers for the new one, too
    sight.observe(el);
  }
  effect.weigh();
  return effect;
}

// Changes of content

/** Brings what is in `target` to what is in `next`, or with mode "element" the target itself; nodes that fit stay. */
function morph(target, next, { mode = "children" } = {}) {
  if (typeof next === "string") {
    const box = document.createElement("template");
    box.innerHTML = next;
    next = mode === "element" ? box.content.firstElementChild : box.content;
  }
  if (mode !== "element") {
    morphChildren(target, next);
    return target;
  }
  if (next.nodeName !== target.nodeName) {
    target.replaceWith(next);
    return next;
  }
  morphNode(target, next);
  return target;
}

const mark = (node) => node.id || node.dataset?.key;
const alike = (a, b) => a.nodeName === b.nodeName && (mark(a) ?? "") === (mark(b) ?? "") && a.type === b.type;

function morphNode(live, next) {
  if (live.nodeType !== 1) {
    if (live.data !== next.data) live.data = next.data;
    return;
  }
  const value = live.getAttribute("value"), checked = live.hasAttribute("checked");
  for (const { name } of [...live.attributes]) {
    // What we keep on a root is not for templates to take away.
    if (!next.hasAttribute(name) && !(live.matches(ROOT) && /^data-(pathmx-|state$)/.test(name))) live.removeAttribute(name);
  }
  for (const { name, value } of next.attributes) if (live.getAttribute(name) !== value) live.setAttribute(name, value);
  // Attributes are where fields begin; once used, only their properties count.
  if ("value" in live && live.nodeName === "INPUT" && live.getAttribute("value") !== value) live.value = live.getAttribute("value") ?? "";
  if ("checked" in live && live.hasAttribute("checked") !== checked) live.checked = !checked;
  morphChildren(live, next);
}

function morphChildren(live, next) {
  const marked = new Map([...live.children].filter(mark).map((child) => [mark(child), child]));
  let at = live.firstChild;
  for (const node of [...next.childNodes]) {
    let found = marked.get(mark(node));
    if (!found || !alike(found, node)) {
      found = at;
      while (found && (!alike(found, node) || mark(found))) found = found.nextSibling;
    }
    if (!found) {
      live.insertBefore(document.importNode(node, true), at);
      continue;
    }
    if (found === at) at = at.nextSibling;
    else if (live.moveBefore && live.isConnected) live.moveBefore(found, at);
    else live.insertBefore(found, at);
    morphNode(found, node);
  }
  while (at) {
    const rest = at;
    at = at.nextSibling;
    rest.remove();
  }
}

/** Runs an update as a view transition where there are some and the reader wants motion; done when the update is. */
async function transition(update) {
  if (!document.startViewTransition || document.hidden || matchMedia("(prefers-reduced-motion: reduce)").matches) return update();
  let result;
  const run = document.startViewTransition(async () => (result = await update()));
  run.ready.catch(() => {}); // skipped
  run.finished.catch(() => {});
  await run.updateCallbackDone;
  return result;
}

window.pmxRuntime = { define, state: (el) => stateOf(el) };
watch.observe(page, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["data-pathmx-component"] });
})();
