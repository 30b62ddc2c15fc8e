// A small site as a model that can be changed at random: Sources with Blocks, Blocks with pieces, and what all of them share.
// Each change answers with the files that it touched; `files` are the texts.

/** A generator of numbers from a seed: the same seed makes the same edits. */
export function dice(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (n) => Math.floor(next() * n);
  return { below, pick: (list) => list[below(list.length)], chance: (part) => next() < part };
}

const WORDS = "river stone lamp quiet copper window harbour seven orchard maple signal thread amber winter paper garden engine northern".split(" ");
/** The Sources that stay. */
export const NAMES = ["index.path", "loops.lesson", "tables.reference", "deep/stones.guide", "deep/rivers.guide", "quiz.quiz", "talk.slides"];
const COLOURS = ["#7a3b9a", "#a6431a", "#0b6b5d", "#2455a4", "#8a2d4b"];

export class Site {
  constructor(roll) {
    this.roll = roll;
    this.stamp = 0;
    this.look = { accent: COLOURS[0], radius: 8, css: 10, local: 5, tip: "Tip", border: 3, script: 1, gap: 4, layout: "Course", asked: "I can explain it" };
    this.sources = new Map(NAMES.map((name) => [name, this.#source(name)]));
    this.note = "Included words.";
  }

  // Making

  #words(n = 3 + this.roll.below(8)) {
    return Array.from({ length: n }, () => this.roll.pick(WORDS)).join(" ");
  }
  /** Words that no other piece has, so that each change is one. */
  #fresh() {
    return `${this.#words(2 + this.roll.below(6))} ${(this.stamp += 1)}`;
  }
  #source(name) {
    return { name, title: this.#words(2), class: "", broken: false, blocks: Array.from({ length: 2 + this.roll.below(3) }, () => this.#block()), links: new Set() };
  }
  #block() {
    const { roll } = this;
    const pieces = Array.from({ length: 1 + roll.below(4) }, () => this.#piece());
    return { id: roll.chance(0.6) ? `b${(this.stamp += 1)}` : "", heading: roll.chance(0.8) ? this.#words(2) : "", pieces, question: roll.chance(0.12) };
  }
  #piece() {
    const { roll } = this;
    const kind = roll.pick(["p", "p", "p", "list", "list", "table", "code", "tip", "count", "lamp", "include", "callout", "math", "html", "annotated", "tasks", "formulas", "brackets"]);
    const rows = () => Array.from({ length: 1 + roll.below(4) }, () => this.#fresh());
    return { kind, text: this.#fresh(), rows: rows(), steps: roll.chance(0.3) };
  }

  // Writing

  #pieceText(piece) {
    const { kind, text, rows, steps } = piece, [first, ...rest] = rows;
    switch (kind) {
      case "p": return `The **${text}** and a [link](/ROOT/${this.#linkable(piece)}.md).`;
      case "list": return rows.map((row, i) => `- ${row}${i === 0 && rest.length ? `\n  - under ${text}` : ""}`).join("\n");
      case "tasks": return rows.map((row, i) => `- [${i % 2 ? "x" : " "}] ${row}`).join("\n");
      case "table": return `| ${text} | b |\n| --- | ---: |\n${rows.map((row, i) => `| ${row} | ${i} |`).join("\n")}`;
      case "code": return `\`\`\`js${steps ? " [1|1-2]" : ""}\nconst a = "${text}";\n${rows.map((row) => `// ${row}`).join("\n")}\n\`\`\``;
      case "tip": return `<tip-box title="${text}">\n\nInside **${first}**.\n\n${rest.map((row) => `- ${row}`).join("\n")}\n\n</tip-box>`;
      case "count": return `<count-box label="${text}" />`;
      case "lamp": return `<lamp-box states="off | ${rows.length > 1 ? "warm | " : ""}bright" label="${text}"></lamp-box>`;
      case "include": return `[@include: ${text}](/ROOT/shared.include.md#part)`;
      case "callout": return `> [!NOTE]${steps ? "-" : ""} ${text}\n> ${first}`;
      case "math": return `$$\nx_{${rows.length}} = ${this.#number(text)}\n$$`;
      case "formulas": return `- $$\n  x_{${rows.length}} = ${this.#number(text)}\n  $$\n\n> $$\n> y = ${this.#number(text)}\n> $$\n\n1. \`\`\`sh\n   $$ ${first}\n   \`\`\`\n\n$PATH:$HOME ${rest.join(" $ ")}`;
      case "brackets": return `\`[[${text}]]\` ${first}\n\n\`\`\`sh\n[[ -f ${rest.join(" ")} ]]\n\`\`\``;
      case "html": return `<details${steps ? " open" : ""}><summary>${text}</summary><p title="${first}">${rest.join(", ")}</p></details>`;
      case "annotated": return `Words {==${text}==}[^c${this.#number(text)}] to note.\n\n[^c${this.#number(text)}]: **@reader** (2026-07-20 10:35 -04:00): ${first}`;
    }
  }
  #number(text) {
    return text.split(" ").at(-1);
  }
  #linkable(piece) {
    const names = [...this.sources.keys()].filter((name) => NAMES.includes(name));
    return names[this.#number(piece.text) % names.length];
  }
  #blockText(block, source, n) {
    const front = block.question ? `<!--\ntype: question\nid: ${block.id || `q${n}-${source.blocks.length}`}\nactions:\n  submit: questions.submitSingleChoice\n-->` : block.id && `<!-- id: ${block.id} -->`;
    const heading = block.heading || block.question ? `${n ? "##" : "#"} ${block.heading || "Which"}` : "";
    const pieces = block.question ? [`- one ${block.pieces[0].text}\n- two\n- three`] : block.pieces.map((piece) => this.#pieceText(piece));
    return [front, heading, ...pieces].filter(Boolean).join("\n\n");
  }
  #sourceText(source) {
    const { look } = this, index = source.name === "index.path";
    const theme = index ? `\ntheme:\n  color:\n    accent: "${look.accent}"\n  shape:\n    radius: ${look.radius}px` : "";
    // What is ticked off, in a Source and in the Path that leads through it; a page in a layout; a page with other ends of lines.
    const asks = source.name === "quiz.quiz" ? `\ncompletion:\n  label: ${look.asked}` : "";
    const ticks = index || asks ? "\n\n<x-completion-outline />\n<x-completion-progress />" : "";
    const laid = source.name === "tables.reference" ? "\n[@layout]: /ROOT/site.layout.md" : "";
    const front = `---\ntitle: ${source.broken ? "[never closed" : source.title}${source.class && `\nstyles:\n  classes: [${source.class}]`}${theme}${asks}\n---`;
    const imports = `[@parts]: /ROOT/parts.components.md${index ? "\n[@root.styles]: /ROOT/theme.css" : ""}${source.name === "loops.lesson" ? "\n[@styles]: /ROOT/local.css" : ""}${laid}`;
    const links = index ? [...this.sources.keys()].filter((name) => name !== "index.path").map((name) => `- [${name}](/ROOT/${name}.md)`).join("\n") : "";
    // One page includes it whatever is edited: what no page has is not built.
    const included = index ? "\n\n[@include: shared](/ROOT/shared.include.md#part)" : "";
    // What a test types into, and stands at: no edit takes it away.
    const kept = `<!-- id: kept -->\n\n## Kept\n\nKept words to select.\n\n<p><input id="kept-field" aria-label="Kept"></p>\n\n${links}${included}${ticks}`;
    const text = [front, imports, ...source.blocks.map((block, n) => (n ? "---\n\n" : "") + this.#blockText(block, source, n)), `---\n\n${kept}`].join("\n\n");
    const whole = `${text.replaceAll("/ROOT/", source.name.includes("/") ? "../" : "./").trimEnd()}\n`;
    return source.name === "deep/stones.guide" ? `\ufeff${whole.replaceAll("\n", "\r\n")}` : whole;
  }
  #partsText() {
    const { look } = this;
    const fence = (language, text) => `\`\`\`${language}\n${text}\n\`\`\``;
    const part = (name, ...fences) => `---\n\n<!--\ncomponentName: ${name}\n-->\n\n## ${name}\n\n${fences.join("\n\n")}`;
    return ["# Parts",
      part("tip-box", fence("html", `<aside class="tip"><strong>${look.tip}: {{ title: Tip }}</strong><yield /></aside>`), fence("css", `:self { border: ${look.border}px solid var(--pmx-color-accent); padding: ${look.gap}px; }`)),
      part("count-box", fence("html", `<p class="count">{{ label: Count }} <output></output> <button type="button">more</button></p>`), fence("css", `button { padding: ${look.gap}px; }`),
        fence("js", `let n = ${look.script};\nconst show = () => ($("output").textContent = n + " " + ctx.props.label);\non($("button"), "click", () => { n += 1; show(); });\nshow();`)),
      part("lamp-box", fence("html", `<figure><figcaption>{{ label: Lamp }}</figcaption><i></i></figure>`),
        fence("js", `const show = () => ($("i").textContent = "lamp ${look.script} " + (state.get() ?? "none"));\nstate.on(show);\nshow();`)),
    ].join("\n\n") + "\n";
  }

  /** The text of a file. */
  text(file) {
    const { look } = this;
    switch (file) {
      case "parts.components.md": return this.#partsText();
      case "site.layout.md": return `[@parts]: ./parts.components.md\n\n<header class="laid">${look.layout} <a href="./index.path.md">{{ source.title }}</a></header>\n\n<tip-box title="${look.layout}">\n\n<x-source-content />\n\n</tip-box>\n\n<x-source-references />\n`;
      case "theme.css": return `.pmx-document { padding-block-end: ${look.css}px; }\n`;
      case "local.css": return `h2 { letter-spacing: ${look.local / 100}em; }\n`;
      case "shared.include.md": return `# Shared\n\n---\n\n<!-- id: part -->\n\n${this.note}\n`;
    }
    const source = this.sources.get(file.slice(0, -3));
    return source ? this.#sourceText(source) : undefined;
  }
  get files() {
    return [...[...this.sources.keys()].map((name) => `${name}.md`), "parts.components.md", "site.layout.md", "theme.css", "local.css", "shared.include.md"];
  }

  // Changing

  /** Changes something, mostly on the page `name`: `{what, files}`. */
  edit(name) {
    const { roll } = this;
    // What is broken is mended first: nothing else is published until then.
    for (const source of this.sources.values()) {
      if (!source.broken) continue;
      Object.assign(source, { broken: false, title: this.#fresh() });
      return this.#done("mend the frontmatter", source.name);
    }
    if (roll.chance(0.14)) return this.#editShared();
    const source = roll.chance(0.9) ? this.sources.get(name) : roll.pick([...this.sources.values()]);
    const block = roll.pick(source.blocks), piece = roll.pick(block.pieces), at = block.pieces.indexOf(piece);
    const done = (what) => this.#done(what, source.name);
    const move = (list) => {
      if (list.length < 2) list.push(list === source.blocks ? this.#block() : list === block.pieces ? this.#piece() : this.#fresh());
      const from = roll.below(list.length), [taken] = list.splice(from, 1);
      list.splice((from + 1 + roll.below(list.length)) % (list.length + 1), 0, taken);
    };
    switch (roll.below(20)) {
      case 0: case 1: case 2: piece.text = this.#fresh(); return done(`other words of ${piece.kind}`);
      case 3: piece.rows[roll.below(piece.rows.length)] = this.#fresh(); return done(`another row of ${piece.kind}`);
      case 4: case 5: block.pieces.splice(roll.below(block.pieces.length + 1), 0, this.#piece()); return done("a new piece");
      case 6: case 7:
        if (block.pieces.length > 1) block.pieces.splice(at, 1);
        else block.pieces = [this.#piece()];
        return done(`a ${piece.kind} goes`);
      case 8: move(block.pieces); return done("a piece moves");
      case 9: source.blocks.splice(roll.below(source.blocks.length + 1), 0, this.#block()); return done("a new Block");
      case 10:
        if (source.blocks.length > 2) source.blocks.splice(source.blocks.indexOf(block), 1);
        else source.blocks.push(this.#block());
        return done("a Block goes or comes");
      case 11: move(source.blocks); return done("a Block moves");
      case 12: piece.rows.splice(roll.below(piece.rows.length + 1), 0, this.#fresh()); return done(`a row more of ${piece.kind}`);
      case 13:
        if (piece.rows.length > 1) piece.rows.splice(roll.below(piece.rows.length), 1);
        return done(`a row less of ${piece.kind}`);
      case 14: move(piece.rows); return done(`a row of ${piece.kind} moves`);
      case 15: block.heading = roll.chance(0.3) ? "" : this.#fresh(); return done("another heading");
      case 16: source.title = this.#fresh(); return done("another title");
      case 17: block.id = roll.chance(0.4) ? "" : `b${(this.stamp += 1)}`; return done("another id");
      case 18: source.class = source.class ? "" : `look-${(this.stamp += 1)}`; return done("a class of the page");
      default:
        if (roll.chance(0.4)) {
          source.broken = true;
          return done("the frontmatter breaks");
        }
        piece.steps = !piece.steps;
        return done(`the manner of ${piece.kind}`);
    }
  }

  #editShared() {
    const { roll, look } = this;
    switch (roll.below(12)) {
      case 10: look.layout = this.#fresh(); return { what: "a layout", files: ["site.layout.md"] };
      case 11: look.asked = this.#fresh(); return this.#done("what is to be ticked off", "quiz.quiz");
      case 0: look.accent = roll.pick(COLOURS.filter((colour) => colour !== look.accent)); return this.#done("another accent", "index.path");
      case 1: look.radius = (look.radius + 1 + roll.below(5)) % 20; return this.#done("another radius", "index.path");
      case 2: look.css = 10 + ((look.css + 1 + roll.below(7)) % 30); return { what: "the root stylesheet", files: ["theme.css"] };
      case 3: look.local = (look.local + 1 + roll.below(5)) % 20; return { what: "a stylesheet", files: ["local.css"] };
      case 4: look.tip = this.#fresh(); return { what: "a component's template", files: ["parts.components.md"] };
      case 5: look.border = 1 + ((look.border + roll.below(5)) % 7); look.gap = 2 + ((look.gap + 1 + roll.below(5)) % 9); return { what: "a component's styles", files: ["parts.components.md"] };
      case 6: look.script += 1; return { what: "a component's script", files: ["parts.components.md"] };
      case 7: this.note = `${this.#fresh()}${roll.chance(0.4) ? `\n\n- ${this.#fresh()}` : ""}`; return { what: "what is included", files: ["shared.include.md"] };
      default: {
        const extra = [...this.sources.keys()].find((name) => !NAMES.includes(name));
        if (extra) {
          this.sources.delete(extra);
          return { what: "a Source goes", files: ["index.path.md", `${extra}.md`] };
        }
        const name = `extra${(this.stamp += 1)}.note`;
        this.sources.set(name, this.#source(name));
        return { what: "a Source comes", files: ["index.path.md", `${name}.md`] };
      }
    }
  }

  #done(what, name) {
    return { what: `${what} (${name})`, files: [`${name}.md`] };
  }
}
