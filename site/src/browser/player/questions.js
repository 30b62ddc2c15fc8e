// Answers to questions stay in this browser; on the machine of the author they go into the Source, too.
((pmx) => {
"use strict";
const { h } = pmx;
const FORM = 'form[data-pathmx-action^="questions."]';
const LIMIT = { short: 300, long: 2000 };
// Only a server that says so is sent anything: no other page, and no published one, ever asks.
const takes = !!document.head.querySelector('script[src*="_pmx/dev."][data-pmx-answers]');

const PREFIX = `answer:${pmx.mount}:`;
const nameOf = (form) => PREFIX + (form.dataset.pathmxActionTarget || form.getAttribute("action") || form.id || pmx.document()?.dataset.pathmxSource);
const controls = (form) => [...form.elements].filter((control) => control.name?.startsWith("question."));
const isChoice = (control) => control.type === "radio" || control.type === "checkbox";

function read(form) {
  const values = {};
  for (const control of controls(form)) {
    if (isChoice(control)) {
      if (control.checked) (values[control.name] ??= []).push(control.value);
    } else values[control.name] = [control.value];
  }
  return values;
}

function write(form, values) {
  for (const control of controls(form)) {
    const held = values[control.name] ?? [];
    if (isChoice(control)) control.checked = held.includes(control.value);
    else control.value = held[0] ?? "";
  }
}

const line = (element) => element?.textContent.trim().replace(/\s+/g, " ") ?? "";
const labelOf = (control) => line(control.closest("label")?.querySelector(".pmx-question-option") ?? control.closest("label")) || control.value;
const nameFor = (control) => control.getAttribute("aria-label") ?? control.labels?.[0]?.textContent.trim() ?? control.name.split(".").at(-1);

/** What was answered, for people: `{field, answer, right}` of each control, or one for all options. */
function answered(form, judged) {
  const all = controls(form);
  if (all.some(isChoice)) return [{ answer: all.filter((control) => control.checked).map(labelOf), right: judged?.right }];
  return all.map((control) => ({
    field: all.length > 1 || /Fields$/.test(form.dataset.pathmxAction) ? nameFor(control) : undefined,
    answer: control.value,
    right: judged?.marks.has(control) ? judged.marks.get(control) === "right" : undefined,
  }));
}

const known = new WeakMap();

/** Takes a form over: what it was served with is what clearing brings back. */
function adopt(form) {
  for (const set of form.querySelectorAll("fieldset[disabled]")) set.disabled = false;
  for (const part of form.querySelectorAll("[data-pathmx-question-controls][hidden]")) part.hidden = false;
  if (known.has(form)) return again(form);
  const line = form.querySelector("[data-pathmx-question-status-text]") ?? form.appendChild(h("p.pmx-question-status", { role: "status" }));
  const clearing = h("button.pmx-question-clear", { type: "button", hidden: true, onclick: () => clear(form) }, "Clear");
  known.set(form, { served: read(form), said: line.textContent, line, clear: clearing });
  // What stands there from the start is no news.
  line.setAttribute("aria-live", "off");
  form.noValidate = true;
  (form.querySelector("[data-pathmx-question-controls]") ?? form).append(clearing);
  const kept = pmx.local.get(nameOf(form));
  if (kept?.values) {
    write(form, kept.values);
    const judged = pmx.judge(form);
    pmx.showResult(form, judged);
    show(form, sentence(judged, saved(kept)), true);
  } else if (form.dataset.pathmxQuestionStatus) {
    const judged = pmx.judge(form);
    pmx.showResult(form, judged);
    show(form, sentence(judged, line.textContent), false);
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, event.submitter);
  });
  form.addEventListener("input", ({ target }) => {
    target.removeAttribute("aria-invalid");
    const has = !!pmx.local.get(nameOf(form));
    if (has || form.dataset.pathmxQuestionStatus) pmx.hideResult(form);
    if (known.get(form).line.hasAttribute("data-failed") || has) show(form, has ? "Changed, not saved yet" : "", has);
  });
}

// A new version of the page may have brought a message of its own.
function again(form) {
  const { line, shown } = known.get(form);
  if (shown && (line.childNodes.length !== shown.length || shown.some((node, n) => node !== line.childNodes[n]))) line.replaceChildren(...shown);
}

const saved = (kept) => (kept.saved ? "Saved into the Source" : "Saved in this browser");
const sentence = (judged, text) => (judged ? `${judged.says} ${text}` : text);

function show(form, text, clearable, { failed = false, heard = "" } = {}) {
  const entry = known.get(form);
  entry.line.replaceChildren(text);
  // What is said of the answer is seen beside it, and heard here.
  if (heard) entry.line.append(h("span.pmx-question-heard", {}, ` ${heard}`));
  entry.line.toggleAttribute("data-failed", failed);
  entry.clear.hidden = !clearable;
  entry.shown = [...entry.line.childNodes];
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

async function submit(form, submitter) {
  const { line } = known.get(form);
  line.setAttribute("aria-live", "polite");
  const before = pmx.local.get(nameOf(form));
  const wrong = invalid(form);
  if (wrong) {
    const [control, text] = wrong;
    control?.setAttribute("aria-invalid", "true");
    show(form, text, !!before, { failed: true });
    return control?.focus();
  }
  const values = read(form), at = new Date().toISOString();
  const judged = pmx.judge(form), answers = answered(form, judged);
  const entry = {
    values, at, answers,
    right: judged?.right,
    attempts: (before?.attempts ?? (before ? 1 : 0)) + 1,
    first: before?.first ?? (before?.answers ? { answers: before.answers, right: before.right, at: before.at } : undefined),
    question: form.querySelector("legend, h1, h2, h3, h4, h5, h6")?.textContent.trim().replace(/\s+/g, " ") ?? "",
    page: document.title,
    href: location.pathname,
  };
  const kept = pmx.local.set(nameOf(form), entry);
  const heard = pmx.showResult(form, judged);
  const done = kept ? "Saved in this browser" : "This browser does not keep answers";
  show(form, sentence(judged, done), kept, { failed: !kept, heard });
  form.querySelector("[data-pathmx-question-solution]")?.scrollIntoView({ block: "nearest", behavior: pmx.calm() ? "instant" : "smooth" });
  document.dispatchEvent(new CustomEvent("pmx:answered", { detail: { target: form.dataset.pathmxActionTarget, values, right: judged?.right } }));
  pmx.tell("answered");
  if (!takes) return;
  const why = await send(form, submitter);
  if (why) return show(form, sentence(judged, `${done}, but not in the Source: ${why}`), kept, { failed: true, heard });
  if (kept) pmx.local.set(nameOf(form), { ...entry, saved: true });
  show(form, sentence(judged, "Saved into the Source"), kept, { heard });
}

/** Sends the answer to the author's server; what was wrong, if something was. */
async function send(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  if (!body.has("_pathmx_invocation")) body.set("_pathmx_invocation", crypto.randomUUID?.() ?? String(Math.random()).slice(2));
  try {
    const answer = await fetch(location.pathname, { method: "POST", headers: { accept: "application/json" }, body });
    const said = /json/.test(answer.headers.get("content-type")) ? await answer.json() : {};
    if (answer.ok && said.ok) return;
    return said.error?.message ?? `the server answered ${answer.status}`;
  } catch {
    return "the server does not answer";
  }
}

function clear(form) {
  pmx.local.set(nameOf(form), null);
  write(form, known.get(form).served);
  pmx.hideResult(form, true);
  known.get(form).line.setAttribute("aria-live", "polite");
  show(form, known.get(form).said || "Answer cleared", false);
  controls(form)[0]?.focus();
  pmx.tell("answered");
}

/** All answers to questions of this site that this browser keeps, as they were kept, with what they answer; the oldest first. */
pmx.keptAnswers = () => pmx.local.keys().filter((key) => key.startsWith(PREFIX))
  .map((key) => ({ target: key.slice(PREFIX.length), ...pmx.local.get(key) })).filter(({ values }) => values)
  .sort((a, b) => ((a.at ?? "") + a.target < (b.at ?? "") + b.target ? -1 : 1));

pmx.hear("updated", () => {
  for (const form of document.querySelectorAll(FORM)) adopt(form);
});
})((window.pmx ??= {}));
