// In Play the keys drive Play unless the reader moved the focus into a control, and no key changes an answer by accident.
import assert from "node:assert/strict";
import { test } from "node:test";
import { block, page } from "./player-site.mjs";
import { readerOf } from "./reader.mjs";

const beat = (id, content) => `<div data-pathmx-beat="${id}" data-pathmx-beat-kind="step">${content}</div>`;
const CONTROLS = {
  radio: '<input id="c" type="radio" name="r" value="1" checked><input type="radio" name="r" value="2">',
  checkbox: '<input id="c" type="checkbox">',
  range: '<input id="c" type="range" min="0" max="10" value="5">',
  number: '<input id="c" type="number" value="5">',
  date: '<input id="c" type="date" value="2026-05-05">',
  text: '<input id="c" value="as it was">',
  textarea: '<textarea id="c">as it was</textarea>',
  select: '<select id="c"><option>0<option>1<option selected>2<option>3<option>Right</select>',
  "select of many": '<select id="c" size="3"><option>0<option>1<option selected>2<option>3</select>',
  editable: '<div id="c" contenteditable>as it was</div>',
  button: '<button id="c" type="button" onclick="window.changed = 1">Do it</button>',
  summary: '<details><summary id="c">More</summary>text</details>',
  "a slider of a script": '<div id="c" role="slider" tabindex="0" aria-valuenow="5" onkeydown="this.ariaValueNow++">x</div>',
  "a radio of a script": '<div id="c" role="radio" tabindex="-1" aria-checked="false" onkeydown="this.ariaChecked = true">x</div>',
};
const around = (control, more = "") => block("a", beat("a:step-0", "Before") + beat("a:step-1", `Here ${control}`) + beat("a:step-2", "After") + beat("a:step-3", "More") + beat("a:step-4", "Last") + more);
/** All that a key may have changed. */
const answers = () => tab.evaluate(() => JSON.stringify([...document.querySelectorAll("input, select, textarea, [contenteditable], details, [role]")].map((el) => [el.value, el.checked, el.open, el.ariaValueNow, el.ariaChecked, el.isContentEditable && el.textContent]).concat([window.changed])));

const FILES = {};
const reader = readerOf(FILES);
let tab;

async function open(html, query = "?play", { head = "" } = {}) {
  FILES["/"] = page("Focus", html, { head });
  tab = await reader.open(query, { reducedMotion: "reduce" });
}
const press = async (...keys) => {
  for (const key of keys) await tab.keyboard.press(key);
};
const active = () => tab.evaluate(() => pmx.play.on && pmx.play.stop.id);
const focused = () => tab.evaluate(() => document.activeElement.id || document.activeElement.tagName);
const byScript = () => tab.evaluate(() => document.querySelector("#c").focus());

for (const [name, control] of Object.entries(CONTROLS)) {
  test(`a script that focuses this takes no key from Play, and none changes an answer: ${name}`, async () => {
    await open(around(control));
    const was = await answers();
    for (const [key, to] of [["ArrowRight", 1], ["ArrowDown", 2], [" ", 3], ["PageDown", 4], ["ArrowLeft", 3], ["ArrowUp", 2], ["PageUp", 1], ["End", 4], ["Home", 0], ["Shift+ArrowLeft", 0], ["2", 0], ["x", 0], ["R", 0], ["Backspace", 0], ["Delete", 0]]) {
      await byScript();
      await press(key);
      assert.equal(await active(), `a:step-${to}`, key);
      assert.equal(await answers(), was, key);
    }
    await byScript();
    await press("Escape");
    assert.equal(await active(), false, "Escape has no control to leave first");
    assert.equal(await answers(), was);
  });
}

const WAYS = {
  autofocus: ['<input id="c" type="radio" name="r" checked autofocus><input type="radio" name="r">', ""],
  "at start": ['<input id="c" type="radio" name="r" checked><input type="radio" name="r">', "addEventListener('DOMContentLoaded', () => c.focus())"],
  "later, again and again": ['<input id="c" type="radio" name="r" checked><input type="radio" name="r">', "setInterval(() => window.c?.focus(), 20)"],
  "as its Beat is entered": ['<div data-pathmx-component="quiz" data-pathmx-beat="a:step-1:step-1" data-pathmx-beat-kind="component"><input id="c" type="radio" name="r" checked><input type="radio" name="r"></div>', "addEventListener('pathmx:beat-enter', () => c.focus())"],
  "a moment after its Beat is entered": ['<div data-pathmx-component="quiz" data-pathmx-beat="a:step-1:step-1" data-pathmx-beat-kind="component"><input id="c" type="radio" name="r" checked><input type="radio" name="r"></div>', "addEventListener('pathmx:beat-enter', () => setTimeout(() => c.focus(), 30))"],
  "when it loses it": ['<input id="c" type="radio" name="r" checked><input type="radio" name="r">', "addEventListener('DOMContentLoaded', () => { c.focus(); c.addEventListener('blur', () => c.focus()) })"],
  "by selecting its text": ['<input id="c" value="as it was">', "addEventListener('load', () => c.select())"],
  "as a dialog": ['<dialog id="d"><input id="c" type="radio" name="r" checked><input type="radio" name="r"></dialog>', "addEventListener('load', () => d.showModal())"],
};
for (const [way, [control, script]] of Object.entries(WAYS)) {
  test(`however a script takes the focus, it does not count: ${way}`, async () => {
    await open(around(control), "?play", { head: `<script>${script}</script>` });
    const was = await answers();
    for (let n = 0; n < 5; n++) {
      await tab.evaluate(() => new Promise((done) => setTimeout(done, 50)));
      await press("ArrowRight");
    }
    assert.equal(await active(), "a:step-4");
    assert.equal(await answers(), was);
  });
}

test("a click of the reader, Tab, a label and Enter give the keys to a control; Escape gives them back", async () => {
  const radios = '<label id="l">One <input id="c" type="radio" name="r" value="1"></label><input id="two" type="radio" name="r" value="2"><input id="word">';
  const ways = {
    click: () => tab.click("#c"),
    label: () => tab.click("#l", { position: { x: 2, y: 2 } }),
    Tab: () => press("Tab"),
    Enter: () => press("Enter"),
  };
  for (const [way, go] of Object.entries(ways)) {
    await open(around(way === "Enter" ? radios.replace(/<input id="word">/, "") : radios), "?play=a:step-1");
    await go();
    assert.equal(await focused(), "c", way);
    await press("ArrowDown");
    assert.equal(await tab.isChecked("#two"), true, way);
    assert.equal(await active(), "a:step-1", way);
    await press("Escape", "ArrowDown");
    assert.equal(await active(), "a:step-2", way);
    assert.equal(await tab.isChecked("#two"), true, way);
    await tab.context().close();
  }
});

test("who clicks a control that a script had focused has its keys", async () => {
  await open(around('<input id="c" value="">'), "?play=a:step-1");
  await byScript();
  await tab.click("#c");
  await tab.keyboard.type("a b.2?");
  assert.equal(await tab.inputValue("#c"), "a b.2?");
  assert.equal(await active(), "a:step-1");
  await press("Escape");
  await byScript();
  await press("x", "ArrowRight");
  assert.equal(await tab.inputValue("#c"), "a b.2?");
  assert.equal(await active(), "a:step-2");
});

test("a finger that scrolls, and a look at another window, change nothing of who has the keys", async () => {
  await open(around('<input id="c" value="">'), "?play=a:step-1");
  await tab.click("#c");
  const cdp = await tab.context().newCDPSession(tab);
  const touch = (type, ...touchPoints) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints });
  await touch("touchStart", { x: 300, y: 400 });
  await touch("touchMove", { x: 300, y: 300 });
  await touch("touchEnd");
  await tab.keyboard.type("a b");
  assert.equal(await tab.inputValue("#c"), "a b");
  await press("Escape");
  await byScript();
  await tab.evaluate(() => dispatchEvent(new Event("blur")));
  await tab.evaluate(() => new Promise((done) => setTimeout(done, 20)));
  await press("x", "ArrowRight");
  assert.equal(await tab.inputValue("#c"), "a b");
  assert.equal(await active(), "a:step-2");
});

test("what a control opens for its reader has the keys, and so has the next field of those who type", async () => {
  const edit = `<button id="edit" type="button" onclick="setTimeout(() => c.focus(), 50)">Edit</button><input id="c" maxlength="2" oninput="this.value.length > 1 && next.focus()"><input id="next">`;
  for (const go of [() => tab.click("#edit"), () => press("Tab", "Enter"), () => tab.click("#c")]) {
    await open(around(edit), "?play=a:step-1");
    await go();
    await tab.waitForFunction(() => document.activeElement.id === "c");
    await tab.keyboard.type("1234");
    assert.deepEqual(await tab.evaluate(() => [c.value, next.value]), ["12", "34"]);
    assert.equal(await active(), "a:step-1");
    await tab.context().close();
  }
});

test("a Beat that is clicked, a step by the bar and a link in Play are no choice of the control that a script then focuses", async () => {
  const radios = '<input id="c" type="radio" name="r" checked><input type="radio" name="r">';
  const html = block("a", beat("a:step-0", 'Before <a href="#there">there</a>') + `<div data-pathmx-component="quiz" id="there" data-pathmx-beat="a:step-1" data-pathmx-beat-kind="component">Words ${radios}</div>` + beat("a:step-2", "After"));
  const head = "<script>addEventListener('pathmx:beat-enter', () => c.focus())</script>";
  for (const go of [() => tab.click("text=Words"), () => tab.click("[aria-label=Forward]"), () => tab.click("text=there")]) {
    await open(html, "?play", { head });
    await go();
    assert.deepEqual([await active(), await focused()], ["a:step-1", "c"]);
    const was = await answers();
    await press("ArrowDown");
    assert.equal(await answers(), was);
    assert.equal(await active(), "a:step-2");
    await tab.context().close();
  }
});

test("a button that has the focus since its reader pressed it does not pass the keys on to what scripts focus next", async () => {
  const html = around('<button id="b" type="button">Press</button>', '<input id="c" type="radio" name="r" checked><input type="radio" name="r">');
  await open(html, "?play=a:step-1", { head: "<script>addEventListener('keydown', () => c.focus())</script>" });
  await tab.click("#b");
  const was = await answers();
  await press("ArrowRight", "ArrowRight");
  assert.equal(await active(), "a:step-3");
  assert.equal(await answers(), was);
});

test("digits choose only among the answers of the active Beat", async () => {
  await open(around('<input type="radio" name="r" value="1"><input id="two" type="radio" name="r">'));
  await press("2");
  assert.equal(await tab.isChecked("#two"), false);
  await press("ArrowRight", "2");
  assert.equal(await tab.isChecked("#two"), true);
  assert.equal(await active(), "a:step-1");
});

test("Tab goes on from the active Beat, not from what a script has focused", async () => {
  await open(around('<input id="c"><input id="here">', '<input id="last">'));
  await press("ArrowRight", "ArrowRight");
  await byScript();
  await press("Tab");
  assert.equal(await focused(), "last");
  await tab.keyboard.type("x y");
  assert.equal(await tab.inputValue("#last"), "x y");
});

test("a frame that a script focuses gives the focus back, one that is clicked keeps it", async () => {
  await open(around('<iframe id="f" srcdoc="<input id=i value=x>" width="300" height="100"></iframe>'));
  await tab.frameLocator("#f").locator("#i").waitFor();
  await tab.evaluate(() => f.contentDocument.querySelector("#i").focus());
  await tab.waitForFunction(() => document.activeElement === document.body);
  await press("ArrowRight");
  assert.equal(await active(), "a:step-1");
  await tab.frameLocator("#f").locator("#i").click();
  await tab.keyboard.type(" y");
  assert.equal(await tab.frameLocator("#f").locator("#i").inputValue(), "x y");
  assert.equal(await active(), "a:step-1");
});

test("outside of Play a page has its keys as ever", async () => {
  await open(around('<input id="c">'), "");
  await byScript();
  await tab.keyboard.type("a 1/");
  assert.equal(await tab.inputValue("#c"), "a 1/");
});
