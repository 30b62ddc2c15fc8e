// What the text itself gets: buttons that copy code, and annotations that open where they are.
((pmx) => {
"use strict";
const { h } = pmx;

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without a secure origin there is only this.
  const area = document.body.appendChild(h("textarea", { style: "position:fixed;opacity:0" }));
  area.value = text;
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("not copied");
}

function copyButtons() {
  for (const box of document.querySelectorAll(".pmx-document .pmx-code-block:not([data-pathmx-copy=false])")) {
    if (box.querySelector(":scope > .pmx-code-copy")) continue;
    const button = h("button.pmx-code-copy", { type: "button", "aria-label": "Copy this code" }, "Copy");
    button.addEventListener("click", async () => {
      try {
        await copy(box.querySelector("pre").textContent.replace(/\n$/, ""));
        button.textContent = "Copied";
      } catch {
        button.textContent = "Not copied";
      }
      pmx.say(button.textContent);
      setTimeout(() => (button.textContent = "Copy"), 1600);
    });
    box.append(button);
  }
}

// A thread opens at its mark. The list of all threads stays at the end of the Block for who prints or has no script.
let card;
function openThread(link) {
  const id = link.hash.slice(1);
  const thread = pmx.target(link.hash)?.closest("[data-pathmx-annotation-thread]");
  if (!thread) return false;
  card ??= document.body.appendChild(h("div.pmx-annotation-card", { popover: "auto", role: "dialog", "aria-label": "Annotation", "data-pathmx-search": "ignore" }));
  const open = card.matches(":popover-open") && card.dataset.thread === id;
  card.hidePopover();
  if (open) return true;
  const copy = thread.cloneNode(true);
  for (const element of [copy, ...copy.querySelectorAll("[id]")]) element.removeAttribute("id");
  for (const element of [copy, ...copy.querySelectorAll("*")]) for (const name of ["data-pathmx-beat", "data-pathmx-play-state", "data-pathmx-annotation-thread"]) element.removeAttribute(name);
  copy.querySelector('a[href^="#annotation-text:"]')?.remove();
  card.dataset.thread = id;
  card.replaceChildren(...copy.childNodes);
  card.showPopover();
  const mark = link.getBoundingClientRect(), { offsetWidth: width, offsetHeight: height } = card;
  const start = getComputedStyle(link).direction === "rtl" ? mark.right + 24 - width : mark.left - 24;
  card.style.left = `${Math.max(12, Math.min(start, document.documentElement.clientWidth - width - 12))}px`;
  card.style.top = `${mark.bottom + 8 + height > innerHeight - pmx.barHeight() ? Math.max(12, mark.top - height - 8) : mark.bottom + 8}px`;
  card.tabIndex = -1;
  card.focus({ preventScroll: true });
  return true;
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const link = target?.closest(".pmx-annotation-marker a") ?? target?.closest("mark[data-pathmx-annotation-text]")?.parentElement.querySelector(`.pmx-annotation-marker a[href$=":${CSS.escape(target.closest("mark").dataset.pathmxAnnotationText)}"]`);
  if (link && !event.metaKey && !event.ctrlKey && openThread(link)) event.preventDefault();
}, true);
addEventListener("scroll", () => card?.matches(":popover-open") && card.hidePopover(), { passive: true });

const root = document.documentElement;
let toggle;
function annotations() {
  const count = document.querySelectorAll(".pmx-document [data-pathmx-annotation-thread]").length;
  if (!toggle && count) {
    toggle = h("button.tool", { type: "button", onclick: () => {
      pmx.local.set("annotations", pmx.local.get("annotations") === "hidden" ? null : "hidden");
      annotations();
    } }, pmx.icon("note"));
    pmx.tools.querySelector(".find").after(toggle);
  }
  if (!toggle) return;
  const hidden = pmx.local.get("annotations") === "hidden";
  toggle.hidden = !count;
  toggle.setAttribute("aria-pressed", String(!hidden));
  toggle.setAttribute("aria-label", `Annotations (${count})`);
  toggle.title = hidden ? "Show annotations" : "Hide annotations";
  if (count) root.dataset.pmxAnnotations = hidden ? "hidden" : "shown";
  else delete root.dataset.pmxAnnotations;
}

pmx.hear("updated", () => (copyButtons(), annotations()));
})((window.pmx ??= {}));
