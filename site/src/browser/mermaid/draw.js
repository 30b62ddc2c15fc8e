// Draws what the build left to the browser: figures with `data-pmx-diagram`, by the mermaid that stands before this in one file.
(() => {
"use strict";
const mermaid = globalThis.mermaid;
const root = document.documentElement;
const FIGURES = "figure[data-pmx-diagram]";
const TOKENS = {
  background: "--pmx-color-bg",
  text: "--pmx-color-fg",
  muted: "--pmx-color-muted",
  node: "--pmx-diagram-node",
  border: "--pmx-diagram-border",
  line: "--pmx-diagram-line",
  group: "--pmx-diagram-group",
  edge: "--pmx-color-border",
  note: "--pmx-diagram-note",
  noteBorder: "--pmx-diagram-note-border",
};
const SERIES = 8;
/** White paper with black text, as the rest of a printed page. */
const PAPER = {
  background: "#ffffff", text: "#000000", muted: "#000000", node: "#ffffff", border: "#555555", line: "#333333", group: "#f4f4f4",
  edge: "#999999", note: "#ffffff", noteBorder: "#555555",
  series: ["#e6e6e6", "#d4d4d4", "#f2f2f2", "#c6c6c6", "#ececec", "#dadada", "#f7f7f7", "#cccccc"],
};
// Nothing of it is settled by a diagram: neither what is safe nor what the page looks like.
const LOCKED = ["secure", "securityLevel", "startOnLoad", "maxTextSize", "maxEdges", "suppressErrorRendering", "themeCSS", "theme", "darkMode", "fontFamily", "dompurifyConfig"];
/** What labels may hold: words and what they look like. Anything that loads would do so while mermaid measures it. */
const WORDS = ["b", "strong", "i", "em", "u", "s", "small", "sub", "sup", "code", "br", "p", "span", "div"];
/** Formulas: MathML, and the TeX that they were made of, which is not shown. */
const FORMULAS = ["math", "mrow", "mi", "mn", "mo", "ms", "mtext", "mspace", "mstyle", "mpadded", "mphantom", "menclose", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts", "mtable", "mtr", "mtd", "semantics", "annotation"];
const LABELS = { ALLOWED_TAGS: [...WORDS, ...FORMULAS], ALLOWED_ATTR: ["class", "display", "displaystyle", "mathvariant", "stretchy", "fence", "separator", "accent", "accentunder", "linethickness", "minsize", "maxsize", "scriptlevel", "columnalign", "rowspacing", "columnspacing"] };
mermaid.initialize({ startOnLoad: false });

const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });

/** What a token is where a figure stands, as numbers that mermaid can reckon with. */
function tokens(figure) {
  const probe = figure.appendChild(document.createElement("span"));
  probe.hidden = true;
  const read = (name) => {
    probe.style.color = `var(${name}, gray)`;
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = getComputedStyle(probe).color;
    pen.fillRect(0, 0, 1, 1);
    return `#${[...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((n) => n.toString(16).padStart(2, "0")).join("")}`;
  };
  const found = Object.fromEntries(Object.entries(TOKENS).map(([key, name]) => [key, read(name)]));
  found.series = Array.from({ length: SERIES }, (_, n) => read(`--pmx-diagram-${n + 1}`));
  probe.remove();
  return found;
}

function config(colours, font) {
  const { background, text, muted, node, border, line, group, edge, note, noteBorder, series } = colours;
  const variables = {
    background, fontFamily: font, fontSize: "16px",
    primaryColor: node, mainBkg: node, secondaryColor: group, tertiaryColor: group,
    primaryTextColor: text, secondaryTextColor: text, tertiaryTextColor: text, textColor: text, titleColor: text, nodeTextColor: text,
    primaryBorderColor: border, secondaryBorderColor: border, tertiaryBorderColor: border, nodeBorder: border,
    lineColor: line, arrowheadColor: line, defaultLinkColor: line, edgeLabelBackground: background,
    clusterBkg: group, clusterBorder: edge, noteBkgColor: note, noteBorderColor: noteBorder, noteTextColor: text,
    actorBkg: node, actorBorder: border, actorTextColor: text, actorLineColor: line, signalColor: line, signalTextColor: text,
    labelBoxBkgColor: node, labelBoxBorderColor: border, labelTextColor: text, loopTextColor: text,
    activationBkgColor: group, activationBorderColor: border, sequenceNumberColor: background,
    classText: text, labelColor: text, stateBkg: node, stateLabelColor: text, transitionColor: line, transitionLabelColor: text,
    specialStateColor: line, compositeBackground: group, compositeTitleBackground: node, altBackground: group,
    taskBkgColor: node, taskBorderColor: border, taskTextColor: text, taskTextDarkColor: text, taskTextOutsideColor: text, gridColor: edge,
    sectionBkgColor: group, altSectionBkgColor: background, sectionBkgColor2: group, excludeBkgColor: edge,
    pieTitleTextColor: text, pieSectionTextColor: text, pieLegendTextColor: text, pieStrokeColor: background, pieOuterStrokeColor: border,
    requirementBackground: node, requirementBorderColor: border, requirementTextColor: text, relationColor: line,
    relationLabelBackground: background, relationLabelColor: text, commitLabelColor: text, commitLabelBackground: group,
    tagLabelColor: text, tagLabelBackground: node, tagLabelBorder: border,
    quadrantTitleFill: text, vennTitleTextColor: text, vennSetTextColor: text, errorBkgColor: group, errorTextColor: text,
    rowOdd: node, rowEven: group, attributeBackgroundColorOdd: node, attributeBackgroundColorEven: group,
    wardley: { backgroundColor: background, axisColor: line, axisTextColor: text, gridColor: edge, componentFill: node, componentStroke: border, componentLabelColor: text, linkStroke: line, evolutionStroke: border, annotationStroke: line, annotationTextColor: text, annotationFill: background },
    treeView: { labelColor: text, lineColor: line },
  };
  series.forEach((colour, n) => {
    for (const [name, value] of [[`cScale${n}`, colour], [`cScalePeer${n}`, border], [`cScaleLabel${n}`, text], [`cScaleInv${n}`, text], [`pie${n + 1}`, colour], [`git${n}`, border], [`gitBranchLabel${n}`, background], [`fillType${n}`, colour], [`venn${n + 1}`, mixed(colour, text)]]) variables[name] = value;
  });
  return {
    startOnLoad: false, securityLevel: "strict", suppressErrorRendering: true, secure: LOCKED, dompurifyConfig: LABELS,
    theme: "base", themeVariables: variables, fontFamily: font, layout: "dagre", darkMode: light(background) < 0.4,
  };
}

/** Halfway to the colour of text: for what mermaid writes in a colour that it makes a little darker or lighter. */
const mixed = (one, other) => `#${[1, 3, 5].map((at) => Math.round((parseInt(one.slice(at, at + 2), 16) + parseInt(other.slice(at, at + 2), 16)) / 2).toString(16).padStart(2, "0")).join("")}`;
const light = (hex) => [1, 3, 5].reduce((sum, at, n) => sum + [0.2126, 0.7152, 0.0722][n] * (parseInt(hex.slice(at, at + 2), 16) / 255), 0);

/** Takes out what loads or runs something: mermaid cleans what it writes, and this holds whatever it lets through. */
function clean(markup) {
  const svg = new DOMParser().parseFromString(markup, "text/html").querySelector("svg");
  if (!svg) throw new Error("no drawing");
  for (const node of svg.querySelectorAll("script, iframe, object, embed, link, form, input, image, img, animate, set, use")) {
    const href = node.getAttribute("href") ?? node.getAttribute("xlink:href") ?? "";
    if (!(node.localName === "use" && href.startsWith("#"))) node.remove();
  }
  for (const node of [svg, ...svg.querySelectorAll("*")]) {
    for (const { name, value } of [...node.attributes]) {
      const isLink = /(^|:)(href|src)$/i.test(name) && !/^(https?:|mailto:|#)/i.test(value.trim());
      if (/^on/i.test(name) || isLink || (name !== "href" && /url\(\s*['"]?(?!['"]?#)/i.test(value))) node.removeAttribute(name);
    }
  }
  for (const style of svg.querySelectorAll("style")) style.textContent = style.textContent.replace(/@import[^;]*;?/gi, "").replace(/url\(\s*['"]?(?!['"]?#)[^)]*\)/gi, "none");
  return svg;
}

let number = 0;
async function drawing(text, colours, font) {
  mermaid.initialize(config(colours, font));
  const { svg: markup } = await mermaid.render(`pmx-mermaid-${++number}`, text);
  const svg = clean(markup);
  svg.classList.add("pmx-mermaid-svg");
  const box = svg.viewBox.baseVal;
  if (box?.width) {
    svg.setAttribute("width", Math.ceil(box.width));
    svg.setAttribute("height", Math.ceil(box.height));
    svg.style.removeProperty("max-width");
    svg.style.removeProperty("background-color");
  }
  svg.setAttribute("role", "img");
  if (!svg.hasAttribute("aria-labelledby")) svg.setAttribute("aria-label", svg.getAttribute("aria-roledescription") ?? "Diagram");
  return svg;
}

function put(figure, name, svg) {
  const place = figure.querySelector(`:scope > .${name}`) ?? figure.appendChild(Object.assign(document.createElement("div"), { className: name }));
  place.replaceChildren(svg);
}

const drawn = new WeakMap();
/** Pictures are not loaded, whatever a diagram says. */
const PICTURE = /@\{[^}]*\bimg\b/;
async function draw(figure) {
  const text = figure.querySelector("code")?.textContent ?? "";
  const colours = tokens(figure), font = getComputedStyle(figure).fontFamily;
  const key = JSON.stringify([text, colours, font]);
  if (drawn.get(figure) === key) return;
  drawn.set(figure, key);
  try {
    if (PICTURE.test(text)) throw new Error("a picture");
    const screen = await drawing(text, colours, font), paper = await drawing(text, PAPER, font);
    put(figure, "pmx-mermaid-screen", screen);
    put(figure, "pmx-mermaid-paper", paper);
    figure.querySelector(":scope > .pmx-mermaid-failed")?.remove();
    figure.dataset.pmxDrawn = "";
  } catch {
    delete figure.dataset.pmxDrawn;
    for (const old of figure.querySelectorAll(":scope > :is(.pmx-mermaid-screen, .pmx-mermaid-paper, .pmx-mermaid-failed)")) old.remove();
    const said = Object.assign(document.createElement("p"), { className: "pmx-mermaid-failed", textContent: "This diagram cannot be drawn; its text is shown instead." });
    figure.prepend(said);
  }
}

let busy = Promise.resolve();
/** One after the other: mermaid has one configuration. */
const all = () => (busy = busy.then(async () => {
  await document.fonts?.ready;
  for (const figure of document.querySelectorAll(FIGURES)) await draw(figure);
}));

all();
for (const name of ["pmx:updated", "pmx:color-scheme"]) document.addEventListener(name, all);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
new MutationObserver(all).observe(root, { attributeFilter: ["data-pathmx-color-scheme", "class", "style"] });
})();
