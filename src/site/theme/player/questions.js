// Answers to questions stay in this browser; on the machine of the author they go into the Source, too.
((pmx) => {
"use strict";
const { h } = pmx;
const FORM = 'form[data-pathmx-action^="questions."]';
const local = /^(localhost|127(\.\d+){3}|\[::1\]|.*\.localhost)$/.test(location.hostname);
const LIMIT = { short: 300, long: 2000 };

const nameOf = (form) => `answer:${pmx.mount}:${form.dataset.pathmxActionTarget || form.getAttribute("action") || form.id || pmx.document()?.dataset.pathmxSource}`;
const controls = (form) => [...form.elements].filter((control) => control.name?.startsWith("question."));

function read(form) {
  const values = {};
  for (const control of controls(form)) {
    if (control.type === "radio" || control.type === "checkbox") {
      if (control.checked) (values[control.name] ??= []).push(control.value);
    } else values[control.name] = [control.value];
  }
  return values;
}

function write(form, values) {
  for (const control of controls(form)) {
    const held = values[control.name] ?? [];
    if (control.type === "radio" || control.type === "checkbox") control.checked = held.includes(control.value);
    else control.value = held[0] ?? "";
  }
}

const known = new WeakMap();

/** Takes a form over: what it was served with is what clearing brings back. */
function adopt(form) {
  for (const set of form.querySelectorAll("fieldset[disabled]")) set.disabled = false;
  for (const part of form.querySelectorAll("[data-pathmx-question-controls][hidden]")) part.hidden = false;
  if (known.has(form)) return;
  const line = form.querySelector("[data-pathmx-question-status-text]") ?? form.appendChild(h("p.pmx-question-status", { role: "status" }));
  const clearing = h("button.pmx-question-clear", { type: "button", hidden: true, onclick: () => clear(form) }, "Clear");
  known.set(form, { served: read(form), said: line.textContent, line, clear: clearing });
  form.noValidate = true;
  (form.querySelector("[data-pathmx-question-controls]") ?? form).append(clearing);
  const kept = pmx.local.get(nameOf(form));
  if (kept?.values) {
    write(form, kept.values);
    show(form, kept.saved ? "Saved into the Source" : "Saved in this browser", true);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, event.submitter);
  });
  form.addEventListener("input", ({ target }) => {
    target.removeAttribute("aria-invalid");
    if (known.get(form).line.hasAttribute("data-failed") || pmx.local.get(nameOf(form))) show(form, pmx.local.get(nameOf(form)) ? "Changed, not saved yet" : "", !!pmx.local.get(nameOf(form)));
  });
}

function show(form, text, clearable, failed = false) {
  const { line, clear } = known.get(form);
  line.textContent = text;
  line.toggleAttribute("data-failed", failed);
  clear.hidden = !clearable;
}

// The first thing that is wrong, said where it is.
function invalid(form) {
  const all = controls(form);
  const kind = /Text$/.test(form.dataset.pathmxAction) ? "text" : /Choice$/.test(form.dataset.pathmxAction) ? "choice" : "fields";
  if (kind === "choice" && !all.some((control) => control.checked)) return [all[0], "Choose an answer first"];
  for (const control of all) {
    const value = control.value.trim();
    const limit = control.tagName === "TEXTAREA" ? LIMIT.long : LIMIT.short;
    if ((control.required || kind === "text") && /^(text|textarea|search|number|email|url)$/.test(control.type) && !value) return [control, kind === "text" ? "Write an answer first" : `“${nameFor(control)}” is empty`];
    if (control.value.length > (control.maxLength > 0 ? control.maxLength : limit)) return [control, `At most ${limit} characters`];
    if (!control.validity.valid) return [control, control.validationMessage];
  }
}
const nameFor = (control) => control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent.trim() ?? control.name.split(".").at(-1);

async function submit(form, submitter) {
  const wrong = invalid(form);
  if (wrong) {
    const [control, text] = wrong;
    control?.setAttribute("aria-invalid", "true");
    show(form, text, !!pmx.local.get(nameOf(form)), true);
    return control?.focus();
  }
  const values = read(form);
  const kept = pmx.local.set(nameOf(form), { values, at: new Date().toISOString() });
  show(form, kept ? "Saved in this browser" : "This browser does not keep answers", kept, !kept);
  document.dispatchEvent(new CustomEvent("pmx:answered", { detail: { target: form.dataset.pathmxActionTarget, values } }));
  if (await send(form, submitter)) {
    pmx.local.set(nameOf(form), { values, at: new Date().toISOString(), saved: true });
    show(form, "Saved into the Source", true);
  }
}

// One server that does not take answers is asked once in a session.
async function send(form, submitter) {
  if (!local || pmx.session.get("answers") === "local") return false;
  const body = new URLSearchParams(new FormData(form, submitter));
  if (!body.has("_pathmx_invocation")) body.set("_pathmx_invocation", crypto.randomUUID?.() ?? String(Math.random()).slice(2));
  try {
    const answer = await fetch(location.pathname, { method: "POST", headers: { accept: "application/json" }, body });
    if (answer.status === 404 || answer.status === 405 || answer.status === 501) pmx.session.set("answers", "local");
    if (!answer.ok || !/json/.test(answer.headers.get("content-type"))) return false;
    const { ok } = await answer.json();
    return ok !== false;
  } catch {
    return false;
  }
}

function clear(form) {
  pmx.local.set(nameOf(form), null);
  write(form, known.get(form).served);
  show(form, known.get(form).said || "Answer cleared", false);
  controls(form)[0]?.focus();
}

pmx.hear("updated", () => {
  for (const form of document.querySelectorAll(FORM)) adopt(form);
});
})((window.pmx ??= {}));
