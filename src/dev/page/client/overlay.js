// The errors of the last build, over the page but not instead of it: the last good version stays up below.

/** Editing means a build a second; errors are shown when they have stood for so long. */
const STANDS = 300;

const overlay = {
  /** Errors that the reader has closed; only another one opens the overlay again. */
  closed: new Set(),
  /** Whether it opens by itself. */
  automatic: true,
};

/** What tells one error from another: not its line, which moves with every edit above it. */
const keysOf = ({ failure, findings }) =>
  [failure && failure.message, ...findings.errors.map(({ path, code, message }) => [path, code, message].join("\0"))].filter(Boolean);

const errorsIn = ({ failure, findings }) => findings.errorCount + (failure ? 1 : 0);

/** A state that has stood: opens, brings up to date, or closes. */
overlay.take = (state) => {
  const keys = keysOf(state);
  if (!keys.length) {
    overlay.closed.clear();
    // What was opened to read warnings stays while there are some.
    if (!overlay.panel || overlay.kind === "errors" || !state.findings.warningCount) return overlay.close(true);
  }
  const news = keys.some((key) => !overlay.closed.has(key));
  if (overlay.panel || (news && overlay.automatic)) overlay.show(state);
};

overlay.show = (state, asked) => {
  const { failure, findings } = state, errors = errorsIn(state);
  const list = h("ul.findings", {}, failure && failureOf(failure), findings.errors.map((one) => findingOf(one, "error")), findings.warnings.map((one) => findingOf(one, "warning")));
  const left = findings.errorCount + findings.warningCount - findings.errors.length - findings.warnings.length;
  const title = [errors && count(errors, "error"), findings.warningCount && count(findings.warningCount, "warning")].filter(Boolean).join(", ");
  const about = !errors
    ? "The site is up; readers will miss something."
    : (state.kept || failure ? "Not published: the last good version stays up." : "Published as it is, since there is no good version yet.") + " This goes by itself when the build is good.";
  const content = [h("p.about", {}, about), list, left > 0 && h("p.about", {}, `… and ${left} more. The terminal has them all.`)].filter(Boolean);
  overlay.kind = errors ? "errors" : "warnings";
  if (overlay.panel) {
    const scroll = overlay.body.scrollTop, focused = overlay.shadow.activeElement;
    overlay.title.textContent = title;
    overlay.panel.dataset.kind = overlay.kind;
    overlay.body.replaceChildren(...content);
    overlay.body.scrollTop = scroll;
    if (focused && !focused.isConnected) overlay.panel.focus({ preventScroll: true });
    return;
  }
  overlay.shadow ??= surface("pmx-overlay");
  overlay.title = h("h2", { id: "title" }, title);
  overlay.body = h("div.body", { tabindex: "0", role: "group", "aria-labelledby": "title" }, content);
  const close = h("button.close", { type: "button", onclick: () => overlay.close() }, "Close", h("kbd", { "aria-hidden": "true" }, "Esc"));
  overlay.panel = h("div.panel", { role: "dialog", "aria-labelledby": "title", tabindex: "-1", popover: "manual", "data-kind": overlay.kind }, h("div.top", {}, overlay.title, close), overlay.body);
  // The page's keys are not for what is read here.
  overlay.panel.addEventListener("keydown", (event) => event.stopPropagation());
  overlay.shadow.append(overlay.panel);
  overlay.panel.showPopover?.();
  overlay.before = document.activeElement;
  // Who is writing in the page goes on writing.
  if (asked || !overlay.before?.matches("input, textarea, select, iframe, [contenteditable]")) overlay.panel.focus({ preventScroll: true });
  badge.say(`${title} in the site`);
};

/** `mended`: nobody closed it. */
overlay.close = (mended) => {
  if (!overlay.panel) return;
  if (!mended) for (const key of keysOf(badge.state)) overlay.closed.add(key);
  const focused = overlay.shadow.activeElement;
  overlay.panel.remove();
  overlay.panel = overlay.body = undefined;
  if (focused && overlay.before?.isConnected) overlay.before.focus({ preventScroll: true });
  badge.render();
};

// Before the page hears of it: there, Escape may mean to leave Play.
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing || !overlay.panel) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  overlay.close();
}, true);
