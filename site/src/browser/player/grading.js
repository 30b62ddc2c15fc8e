// Right and wrong: answers are compared with the answer key of the page, and what the author says of them is shown.
((pmx) => {
"use strict";
const { h } = pmx;

const MARKS = { right: "Right", wrong: "Not right", missed: "Right answer" };

// Words are the same whatever their case, their spaces and the full stop at their end.
const plain = (text) => text.normalize("NFKC").trim().replace(/\s+/g, " ").replace(/ ?[.!]$/, "").toLowerCase();
/** What a text may mean as a number: `1,5` and `1,500` are written in both ways. */
function numbers(text) {
  const written = text.normalize("NFKC").replace(/[\s'’]/g, "").replace(/^[−–]/, "-");
  const found = [];
  if (/^[+-]?\d+([.,]\d+)?(e[+-]?\d+)?$/i.test(written)) found.push(Number(written.replace(",", ".")));
  if (/^[+-]?\d{1,3}(,\d{3})+(\.\d+)?$/.test(written)) found.push(Number(written.replaceAll(",", "")));
  if (/^[+-]?\d{1,3}(\.\d{3})+(,\d+)?$/.test(written)) found.push(Number(written.replaceAll(".", "").replace(",", ".")));
  return found;
}

/** Whether a text is one of the right ones, which are texts, numbers and truth values. */
pmx.accepts = (text, right, tolerance = 0) => right.some((one) => {
  // Whoever writes `yes` in YAML writes a truth value.
  if (typeof one === "boolean") return (one ? ["true", "yes"] : ["false", "no"]).includes(plain(text));
  if (typeof one !== "number") return plain(text) === plain(one);
  // What is written with ten digits is not another number for the eleventh.
  return numbers(text).some((number) => Math.abs(number - one) <= tolerance + Math.abs(one) * 1e-10);
});

const items = (form) => [...form.querySelectorAll(".pmx-question-choices > li")];
const control = (item) => item.querySelector(":scope > label > input");
const asked = (form) => [...form.elements].filter((element) => element.dataset.pathmxQuestionAccept);
function accepted(element) {
  try {
    return pmx.accepts(element.value, JSON.parse(element.dataset.pathmxQuestionAccept), Number(element.dataset.pathmxQuestionTolerance) || 0);
  } catch {
    return false;
  }
}

/** How right the answer in a form is: `{right, says, marks}`; nothing where the author does not say what is right, or nothing was answered. */
pmx.judge = (form) => {
  if (!("pathmxQuestionGraded" in form.dataset)) return;
  const marks = new Map(), kind = form.dataset.pathmxQuestion;
  if (kind === "choice" || kind === "choices") {
    for (const item of items(form)) {
      const correct = "pathmxQuestionCorrect" in item.dataset, chosen = control(item)?.checked;
      if (chosen || correct) marks.set(item, chosen ? (correct ? "right" : "wrong") : "missed");
    }
    // One of several right ones is enough where only one can be chosen.
    if (kind === "choice" && [...marks.values()].includes("right")) for (const [item, mark] of marks) if (mark === "missed") marks.delete(item);
  } else {
    // What may stay empty, and did, is neither right nor wrong.
    for (const element of asked(form)) if (element.required || element.value.trim()) marks.set(element, accepted(element) ? "right" : "wrong");
    if (!marks.size) return;
  }
  const count = (mark) => [...marks.values()].filter((one) => one === mark).length;
  const right = !count("wrong") && !count("missed");
  const of = kind === "fields" ? marks.size : kind === "choices" ? count("right") + count("missed") : 1;
  const part = `Partly right: ${count("right")} of ${of}${kind === "choices" && count("wrong") ? `, ${count("wrong")} wrong` : ""}.`;
  const says = right ? "Right." : of > 1 && count("right") ? part : "Not right.";
  return { right, says, marks };
};

/** Takes away what was shown of an answer. The solution can still be opened. */
pmx.hideResult = (form, wholly) => {
  for (const mark of form.querySelectorAll(".pmx-question-mark")) mark.remove();
  for (const marked of form.querySelectorAll("[data-pathmx-question-mark]")) delete marked.dataset.pathmxQuestionMark;
  for (const item of items(form)) {
    const said = item.querySelector(":scope > .pmx-question-feedback");
    if (said) said.hidden = true;
    control(item)?.removeAttribute("aria-describedby");
  }
  const solution = form.querySelector("[data-pathmx-question-solution]");
  if (!solution) return;
  solution.open = false;
  if (wholly) delete solution.dataset.pathmxQuestionShown;
};

/** Shows what there is to say of the answer in a form: marks, what the author says, the solution. Gives all of it that is to be heard. */
pmx.showResult = (form, judged) => {
  pmx.hideResult(form);
  const heard = [];
  for (const [element, mark] of judged?.marks ?? []) {
    element.dataset.pathmxQuestionMark = mark;
    const word = h("span.pmx-question-mark", {}, MARKS[mark]);
    if (element.matches("li")) element.querySelector(":scope > label").append(word);
    else element.after(word);
  }
  items(form).forEach((item, n) => {
    const said = item.querySelector(":scope > .pmx-question-feedback");
    if (!said || !control(item)?.checked) return;
    said.hidden = false;
    said.id ||= `${form.dataset.pathmxActionTarget}-said-${n}`.replace(/\s/g, "-");
    control(item).setAttribute("aria-describedby", said.id);
    heard.push(said.textContent);
  });
  const solution = form.querySelector("[data-pathmx-question-solution]");
  if (solution) {
    for (const said of solution.querySelectorAll("[data-pathmx-question-when]")) {
      said.hidden = !judged || said.dataset.pathmxQuestionWhen !== (judged.right ? "right" : "wrong");
      if (!said.hidden) heard.push(said.textContent);
    }
    solution.dataset.pathmxQuestionShown = "";
    solution.open = true;
  }
  return heard.join(" ");
};
})((window.pmx ??= {}));
