// Explore: the pages of the site and what links them, drawn; the same pages stand in a list beside it.
((pmx) => {
"use strict";
const { h, icon, play } = pmx;
let dialog, canvas, context, list, filter, count, colors, nodes = [], edges = [], shown, view, heat = 0, frame, over, drag, here;

const cool = () => {
  pmx.settleGraph(nodes, edges, heat, drag?.node);
  heat = heat < 0.02 ? 0 : heat * 0.985;
};

function fit() {
  const xs = nodes.map(({ x }) => x), ys = nodes.map(({ y }) => y);
  const left = Math.min(...xs), right = Math.max(...xs), top = Math.min(...ys), bottom = Math.max(...ys);
  const scale = Math.min(1.8, (canvas.clientWidth - 96) / (right - left + 80), (canvas.clientHeight - 72) / (bottom - top + 40));
  view = { scale, x: canvas.clientWidth / 2 - ((left + right) / 2) * scale, y: canvas.clientHeight / 2 - ((top + bottom) / 2) * scale };
}

function tick() {
  frame = undefined;
  if (!dialog.open) return;
  const end = performance.now() + (pmx.calm() ? 400 : 9);
  while (heat && performance.now() < end) cool();
  if (!drag && !view.own && heat) fit();
  draw();
  if (heat) again();
}
const again = () => (frame ??= requestAnimationFrame(tick));

function measure() {
  const ratio = devicePixelRatio || 1;
  canvas.width = canvas.clientWidth * ratio;
  canvas.height = canvas.clientHeight * ratio;
  const style = getComputedStyle(canvas);
  const resolve = (value) => ((canvas.style.outlineColor = value), getComputedStyle(canvas).outlineColor);
  colors = { fg: style.color, bg: style.backgroundColor, line: resolve("var(--line)"), muted: resolve("var(--muted)"), accent: resolve("var(--accent)"), font: style.fontFamily, folders: Array.from({ length: 6 }, (_, n) => resolve(`var(--folder-${n})`)) };
}

function draw() {
  const ratio = devicePixelRatio || 1, { scale } = view;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  const place = (node) => [node.x * scale + view.x, node.y * scale + view.y];
  const lit = over ?? (shown.size === nodes.length ? here : undefined);
  const near = (node) => node === lit || lit?.links.has(node);
  const size = Math.max(0.55, Math.min(1.6, scale));
  for (const strong of [false, true]) {
    context.strokeStyle = strong ? colors.accent : colors.line;
    context.lineWidth = strong ? 1.6 : 1;
    context.beginPath();
    for (const [a, b] of edges) {
      if ((lit && (a === lit || b === lit)) !== strong && (strong || lit)) continue;
      context.moveTo(...place(a));
      context.lineTo(...place(b));
    }
    context.stroke();
  }
  for (const node of nodes) {
    const [x, y] = place(node);
    context.globalAlpha = !shown.has(node) ? 0.16 : over && !near(node) ? 0.35 : 1;
    context.fillStyle = node === here || node === over ? colors.accent : colors.folders[node.folder % 6];
    context.beginPath();
    context.arc(x, y, node.r * size, 0, 7);
    context.fill();
    if (node !== here) continue;
    context.strokeStyle = colors.accent;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, y, node.r * size + 4, 0, 7);
    context.stroke();
  }
  // Names, the most telling first, where no other name is.
  const taken = [];
  const order = [...shown].sort((a, b) => (b === over) - (a === over) || (b === here) - (a === here) || near(b) - near(a) || b.links.size - a.links.size);
  for (const node of order.slice(0, 160)) {
    const [x, y] = place(node), main = node === over || node === here;
    context.font = `${main ? 650 : 500} ${main ? 13 : 12}px ${colors.font}`;
    const text = node.title.length > 34 ? `${node.title.slice(0, 33)}…` : node.title;
    const width = context.measureText(text).width, top = y + node.r * size + 5;
    const box = [x - width / 2 - 4, top - 1, x + width / 2 + 4, top + 15];
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    taken.push(box);
    context.globalAlpha = over && !near(node) ? 0.4 : 1;
    context.textAlign = "center";
    context.textBaseline = "top";
    context.lineWidth = 3;
    context.strokeStyle = colors.bg;
    context.lineJoin = "round";
    context.strokeText(text, x, top);
    context.fillStyle = main ? colors.fg : colors.muted;
    context.fillText(text, x, top);
  }
  context.globalAlpha = 1;
}

function zoom(by, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const scale = Math.max(0.05, Math.min(5, view.scale * by)), ratio = scale / view.scale;
  view = { scale, x: x - (x - view.x) * ratio, y: y - (y - view.y) * ratio, own: true };
  again();
}

const at = (event) => {
  const x = (event.offsetX - view.x) / view.scale, y = (event.offsetY - view.y) / view.scale;
  let best, least = (event.pointerType === "touch" ? 26 : 14) / view.scale;
  for (const node of nodes) {
    const far = Math.hypot(node.x - x, node.y - y) - node.r;
    if (far < least) (least = far), (best = node);
  }
  return best;
};
const go = (node) => {
  const link = h("a", { href: node.href });
  location.assign((play.on && pmx.playAddress(link)) || link.href);
};

const fingers = new Map();
function down(event) {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, event);
  drag = fingers.size === 1 ? { x: event.offsetX, y: event.offsetY, from: { ...view }, node: at(event), moved: false } : undefined;
}
function move(event) {
  if (fingers.has(event.pointerId) && fingers.size === 2) {
    const [a, b] = [...fingers.values()], before = Math.hypot(a.offsetX - b.offsetX, a.offsetY - b.offsetY);
    fingers.set(event.pointerId, event);
    const [c, d] = [...fingers.values()];
    return zoom(Math.hypot(c.offsetX - d.offsetX, c.offsetY - d.offsetY) / (before || 1), (c.offsetX + d.offsetX) / 2, (c.offsetY + d.offsetY) / 2);
  }
  if (!drag) {
    const now = at(event);
    if (now !== over && event.pointerType !== "touch") (over = now), again();
    canvas.style.cursor = now ? "pointer" : "grab";
    return;
  }
  const dx = event.offsetX - drag.x, dy = event.offsetY - drag.y;
  drag.moved ||= Math.hypot(dx, dy) > 5;
  if (!drag.moved) return;
  if (drag.node && event.pointerType !== "touch") {
    drag.node.x = (event.offsetX - view.x) / view.scale;
    drag.node.y = (event.offsetY - view.y) / view.scale;
    heat = Math.max(heat, 0.15);
    view.own = true;
  } else view = { ...drag.from, x: drag.from.x + dx, y: drag.from.y + dy, own: true };
  again();
}
function up(event) {
  fingers.delete(event.pointerId);
  const { node, moved } = drag ?? {};
  drag = undefined;
  if (node && !moved && event.type === "pointerup") go(node);
}

function search() {
  const wanted = pmx.words(filter.value);
  shown = new Set(nodes.filter((node) => wanted.every((word) => pmx.words(`${node.title} ${node.id}`).some((one) => one.startsWith(word)))));
  const order = [...shown].sort((a, b) => a.title.localeCompare(b.title));
  count.textContent = `${shown.size} ${shown.size === 1 ? "page" : "pages"}`;
  list.replaceChildren(...order.map((node) => {
    const link = h("a", { href: node.href, "aria-current": node === here ? "page" : null, onclick: (event) => !event.metaKey && !event.ctrlKey && (event.preventDefault(), go(node)) }, h("span.title", { dir: "auto" }, node.title), h("span.trail", {}, `${node.links.size}`));
    link.lastChild.setAttribute("aria-label", `${node.links.size} links`);
    for (const [type, value] of [["pointerenter", node], ["focus", node], ["pointerleave", undefined], ["blur", undefined]]) link.addEventListener(type, () => ((over = value), again()));
    return h("li", {}, link);
  }));
  again();
}

function make() {
  canvas = h("canvas", { "aria-hidden": "true", onpointerdown: down, onpointermove: move, onpointerup: up, onpointercancel: up, onpointerleave: () => drag || ((over = undefined), again()), onwheel: (event) => (event.preventDefault(), zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0015)), event.offsetX, event.offsetY)) });
  context = canvas.getContext("2d");
  filter = h("input", { type: "search", placeholder: "Filter pages", "aria-label": "Filter pages", oninput: search, onkeydown: (event) => event.key === "Enter" && list.querySelector("a")?.click() });
  count = h("p.hint", { role: "status" });
  list = h("ul");
  const button = (name, label, run) => h("button.quiet", { type: "button", "aria-label": label, title: label, onclick: run }, icon(name));
  dialog = pmx.chrome.appendChild(h("dialog.explore", { "aria-label": "Explore", onclose: () => (over = undefined) },
    h("div.map", {}, canvas, h("div.zoom", {}, button("plus", "Larger", () => zoom(1.3)), button("minus", "Smaller", () => zoom(1 / 1.3)), button("fit", "Show all", () => (fit(), again())))),
    h("div.side", {}, h("div.ask", {}, icon("search"), filter, button("close", "Close", () => dialog.close())), count, h("nav", { "aria-label": "Pages" }, list))));
  new ResizeObserver(() => dialog.open && nodes.length && (measure(), view?.own || fit(), again())).observe(canvas);
}

/** Opens the map of the site. */
pmx.explore = async () => {
  if (pmx.modal()) return;
  if (!dialog) make();
  pmx.closePopover?.();
  nodes = edges = [];
  shown = new Set();
  filter.value = "";
  list.replaceChildren();
  count.textContent = "Loading";
  dialog.showModal();
  // A phone would cover the map with its keyboard.
  if (matchMedia("(hover: hover)").matches) filter.focus();
  try {
    const answer = await fetch(pmx.address("/graph-index.json"), { cache: "no-cache" });
    ({ nodes, edges } = pmx.graphOf(await answer.json()));
    const id = pmx.document()?.dataset.pathmxSource;
    here = nodes.find((node) => node.id === id);
  } catch {
    return (count.textContent = "The pages could not be loaded");
  }
  heat = 1;
  // What comes first is already in order.
  for (const end = performance.now() + 60; heat && performance.now() < end; ) cool();
  measure();
  fit();
  search();
};
document.addEventListener("pmx:color-scheme", () => dialog?.open && (measure(), again()));
})((window.pmx ??= {}));
