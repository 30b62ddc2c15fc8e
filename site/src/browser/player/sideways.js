// What is wider than its room scrolls by itself, also by keys: code, tables, formulas, and what an author wrote in HTML, as `main`
// cuts off what lies outside of it.
((pmx) => {
"use strict";
/** What was found to need it; the second as well where it stands in a line. */
const MARK = "pmx-sideways", LINE = "pmx-sideways-line";
/** Made to scroll by the styles. */
const BOXES = `.pmx-document :is(${pmx.SIDEWAYS}, .pmx-mermaid, .pmx-math[data-pathmx-math=display])`;

function reach(box) {
  const scrolls = box.scrollWidth > box.clientWidth + 1;
  if (scrolls && !box.hasAttribute("tabindex")) box.tabIndex = 0;
  else if (!scrolls && box.getAttribute("tabindex") === "0") box.removeAttribute("tabindex");
}

/** Marks what does not fit into a Block, and is cut off at the edges of `room`. */
function mark(block, room) {
  const text = block.getBoundingClientRect();
  const [before, after] = [({ left }) => left < text.left - 1, ({ right }) => right > text.right + 1];
  // What begins before the text is meant to reach beyond it.
  const isCut = (place) => (place.right > room.right + 1 && !before(place)) || (place.left < room.left - 1 && !after(place));
  /** Looks through an element that fits and is part of the lines of `box`. */
  const look = (element, box) => {
    for (const child of element.children) {
      const { display, position, overflowX } = getComputedStyle(child), place = child.getBoundingClientRect();
      if (!place.width || /absolute|fixed/.test(position)) continue;
      const isLine = display.startsWith("inline"), own = isLine ? box : child;
      if (isCut(place)) {
        // What stands in a row goes with its row, of formulas only what is around them can be a box, and the marks of a list stand outside of its items.
        const cannot = child.localName === "math" || display === "list-item" || getComputedStyle(element).display.endsWith("flex");
        const marks = cannot ? [] : isLine ? [MARK, LINE] : [MARK];
        child.classList.add(...marks);
        if (marks.length && !isCut(child.getBoundingClientRect())) continue;
        child.classList.remove(...marks);
        return (getComputedStyle(box).display === "list-item" ? box.parentElement : box).classList.add(MARK);
      }
      if (overflowX === "visible" && child.localName !== "svg" && !before(place) && !after(place)) look(child, own);
    }
  };
  look(block, block);
}

/** The room of the text, without what the list of headings takes of it. */
function besides({ left, right }) {
  const list = pmx.chrome?.querySelector(".contents")?.getBoundingClientRect();
  if (!list?.width) return { left, right };
  return list.left > (left + right) / 2 ? { left, right: Math.min(right, list.left) } : { left: Math.max(left, list.right), right };
}

function fit() {
  for (const block of document.querySelectorAll(".pmx-document > *")) {
    const cuts = getComputedStyle(block).overflowX === "visible" ? block.closest("main") : block;
    if (!cuts) continue;
    const room = besides(cuts.getBoundingClientRect()), { left, right } = block.getBoundingClientRect(), { scrollWidth } = block;
    if (left + scrollWidth > room.right + 1 || right - scrollWidth < room.left - 1) mark(block, room);
  }
  for (const box of document.querySelectorAll(BOXES)) {
    widths.observe(box);
    reach(box);
  }
}

// What was hidden has no width before it is seen.
const widths = new ResizeObserver((entries) => entries.forEach(({ target }) => reach(target)));
let width;
const room = new ResizeObserver(([{ target }]) => {
  if (width !== (width = target.clientWidth)) for (const element of document.querySelectorAll(`.${MARK}`)) element.classList.remove(MARK, LINE);
  fit();
});
pmx.hear("updated", () => {
  const text = pmx.document();
  if (text) room.observe(text);
  fit();
});
})((window.pmx ??= {}));
