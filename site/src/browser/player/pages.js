// The list of pages: the page that one is on is in view, however long the list is.
((pmx) => {
"use strict";

function bring() {
  const nav = document.querySelector(".pmx-site-nav"), here = nav?.querySelector("[aria-current]");
  if (!here || nav.scrollHeight <= nav.clientHeight) return;
  const box = nav.getBoundingClientRect(), own = here.getBoundingClientRect();
  if (own.height && (own.top < box.top || own.bottom > box.bottom)) nav.scrollTop += own.top - box.top - (box.height - own.height) / 2;
}

let shown;
pmx.hear("updated", () => {
  // Who looks through the list is not taken back by an edit of the page.
  if (shown !== location.pathname) bring();
  shown = location.pathname;
});
addEventListener("toggle", ({ target }) => target instanceof Element && target.matches(".pmx-site-menu[open]") && bring(), true);
})((window.pmx ??= {}));
