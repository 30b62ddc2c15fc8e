// The graph of the site and where its pages lie in the picture.
((pmx) => {
"use strict";

/** Nodes and edges from what the site says of itself. */
pmx.graphOf = (graph) => {
  const pages = graph.sources.filter(({ route }) => route);
  const at = new Map(pages.map(({ id }, n) => [id, n]));
  const folders = new Map();
  const nodes = pages.map(({ id, title, route }, n) => {
    const folder = id.includes("/") ? id.slice(0, id.indexOf("/")) : "";
    if (!folders.has(folder)) folders.set(folder, folders.size);
    // A spiral: the same picture each time.
    const turn = n * 2.39996, far = 14 * Math.sqrt(n + 0.5);
    return { id, title: title || id, href: pmx.address(route), folder: folders.get(folder), x: Math.cos(turn) * far, y: Math.sin(turn) * far, vx: 0, vy: 0, links: new Set() };
  });
  const edges = [];
  pages.forEach(({ links = [] }, from) => {
    for (const link of links) {
      const to = at.get(link.id ?? link.target ?? link);
      if (to === undefined || to === from || nodes[from].links.has(nodes[to])) continue;
      nodes[from].links.add(nodes[to]);
      nodes[to].links.add(nodes[from]);
      edges.push([nodes[from], nodes[to]]);
    }
  });
  for (const node of nodes) node.r = 4 + Math.min(9, Math.sqrt(node.links.size) * 1.6);
  return { nodes, edges };
};

/** One step of the forces: all push each other away, links pull, the middle holds. `heat` goes from 1 to 0; `held` stays. */
pmx.settleGraph = (nodes, edges, heat, held) => {
  const push = 900, far = 360 ** 2;
  for (let i = 0; i < nodes.length; i++) {
    const a = nodes[i];
    for (let j = i + 1; j < nodes.length; j++) {
      const b = nodes[j];
      const dx = a.x - b.x, dy = a.y - b.y, d2 = dx * dx + dy * dy + 1;
      if (d2 > far) continue;
      const force = (push * heat) / d2;
      a.vx += dx * force;
      a.vy += dy * force;
      b.vx -= dx * force;
      b.vy -= dy * force;
    }
  }
  for (const [a, b] of edges) {
    const dx = b.x - a.x, dy = b.y - a.y, length = Math.hypot(dx, dy) || 1;
    const force = (((length - 70) / length) * 0.35 * heat) / Math.min(12, Math.max(1, Math.min(a.links.size, b.links.size)));
    a.vx += dx * force;
    a.vy += dy * force;
    b.vx -= dx * force;
    b.vy -= dy * force;
  }
  for (const node of nodes) {
    node.vx -= node.x * 0.012 * heat;
    node.vy -= node.y * 0.012 * heat;
    if (node !== held) {
      node.x += Math.max(-30, Math.min(30, node.vx));
      node.y += Math.max(-30, Math.min(30, node.vy));
    }
    node.vx *= 0.55;
    node.vy *= 0.55;
  }
};
})((window.pmx ??= {}));
