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

/** Whether a place is cut off at the edges of `room`; what begins before the text is meant to reach beyond it. */
const cutBy = (room, text) => (place) => (place.right > room.right + 1 && place.left >= text.left - 1) || (place.left < room.left - 1 && place.right <= text.right + 1);

/** What of a Block is cut off: each with the box whose lines it is part of, and what it is marked with to scroll. */
function* wide(block, isCut) {
  const text = block.getBoundingClientRect(), open = [[block, block]];
  while (open.length) {
    const [element, box] = open.pop(), isRow = getComputedStyle(element).display.endsWith("flex");
    for (const child of element.children) {
      const { display, position, overflowX } = getComputedStyle(child), place = child.getBoundingClientRect();
      if (!place.width || /absolute|fixed/.test(position)) continue;
      const isLine = display.startsWith("inline"), own = isLine ? box : child;
      if (isCut(place)) {
        // What stands in a row goes with its row, of formulas only what is around them can be a box, and the marks of a list stand outside of its items.
        const cannot = isRow || child.localName === "math" || display === "list-item";
        yield { child, box, marks: cannot ? [] : isLine ? [MARK, LINE] : [MARK], isCut };
      } else if (overflowX === "visible" && child.localName !== "svg" && place.left >= text.left - 1 && place.right <= text.right + 1) open.push([child, own]);
    }
  }
}

/** The room of the text, without what the list of headings takes of it. */
function besides({ left, right }) {
  const list = pmx.chrome?.querySelector(".contents")?.getBoundingClientRect();
  if (!list?.width) return { left, right };
  return list.left > (left + right) / 2 ? { left, right: Math.min(right, list.left) } : { left: Math.max(left, list.right), right };
}

function fit() {
  const found = [...document.querySelectorAll(".pmx-document > *")].flatMap((block) => {
    const cuts = getComputedStyle(block).overflowX === "visible" ? block.closest("main") : block;
    if (!cuts) return [];
    const room = besides(cuts.getBoundingClientRect()), text = block.getBoundingClientRect(), { scrollWidth } = block;
    const fits = text.left + scrollWidth <= room.right + 1 && text.right - scrollWidth >= room.left - 1;
    return fits ? [] : [...wide(block, cutBy(room, text))];
  });
  // All at once, as each change before a look is a layout of the page.
  for (const { child, marks } of found) child.classList.add(...marks);
  const left = found.filter(({ child, marks, isCut }) => !marks.length || isCut(child.getBoundingClientRect()));
  const items = left.map(({ box }) => (getComputedStyle(box).display === "list-item" ? box.parentElement : box));
  for (const { child, marks } of left) child.classList.remove(...marks);
  for (const item of items) item.classList.add(MARK);
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
