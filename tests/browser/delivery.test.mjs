// That an open page ends on the newest deploy, whatever happens on the way, and does nothing without need.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { launch, open, reads, sameWindow, shows, until } from "./browser.mjs";
import { block, page, Stub } from "./stub.mjs";

let browser, stub, tab;
before(async () => (browser = await launch()));
after(() => browser.close());
beforeEach(async () => (stub = await Stub.start()));
afterEach(async () => {
  await tab?.context().close();
  await stub.close();
});

const text = (words, options) => page(block("a", `<p>${words}</p>`), options);
const refetches = () => stub.requests.slice(1);

/** Publishes the files, opens the page, and waits for its socket. */
async function start(files, path = "/index.path") {
  stub.publish(files);
  tab = await open(browser, stub.url + path);
  await until(() => stub.sockets.length || stub.plain, "a socket");
}

/** The page says so, in the window that was opened. */
async function ends(words) {
  await reads(tab, "p", words);
  assert.ok(await sameWindow(tab), "the page was reloaded");
}

test("a page connects with the deploy that it shows, and says which that is", async () => {
  await start({ "/index.path": text("one") });
  assert.deepEqual(stub.sockets, ["deploy-1"]);
  assert.equal(await tab.evaluate(() => document.documentElement.dataset.pmxDeploy), "deploy-1");
  assert.equal(refetches().length, 0);
});

test("a publish is shown after one fresh refetch, and announced to scripts", async () => {
  await start({ "/index.path": text("one") });
  stub.publish({ "/index.path": text("two") });
  await ends("two");
  await tab.waitForFunction(() => window.updates.length);
  assert.deepEqual(await tab.evaluate(() => window.updates), [{ deploy: "deploy-2", seq: 2 }]);
  assert.deepEqual({ ...refetches()[0] }, { path: "/index.path", fresh: "1", minSeq: undefined, seq: 2 });
});

test("a page that is not named is left alone", async () => {
  await start({ "/index.path": text("one"), "/other.path": text("other") });
  stub.publish({ "/index.path": text("one"), "/other.path": text("changed") });
  stub.frame("/third.path.html");
  await tab.waitForFunction(() => window.heard === 3);
  // What the frames made the page ask for was asked before this.
  await tab.evaluate(() => fetch("/other.path"));
  assert.deepEqual(refetches().map(({ path }) => path), ["/other.path"]);
  stub.publish({ "/index.path": text("two"), "/other.path": text("changed") });
  await ends("two");
});

test("a stale answer is not shown; the page asks again for what was announced", async () => {
  await start({ "/index.path": text("one") });
  stub.stale = 2;
  stub.publish({ "/index.path": text("two") });
  await ends("two");
  assert.deepEqual(refetches().slice(0, 3).map(({ fresh, minSeq, seq }) => [fresh, minSeq, seq]), [["1", undefined, 1], [undefined, "2", 1], [undefined, "2", 2]]);
  assert.equal(await tab.evaluate(() => window.updates.length), 1);
});

test("an answer that stays stale makes the object compare, until the page is on the newest", async () => {
  await start({ "/index.path": text("one") });
  stub.stale = 7;
  stub.publish({ "/index.path": text("two") });
  await ends("two");
  assert.deepEqual(stub.sockets.slice(0, 2), ["deploy-1", "deploy-1"]);
});

test("an older answer never replaces a newer page", async () => {
  await start({ "/index.path": text("one") });
  stub.publish({ "/index.path": text("two") });
  await ends("two");
  await tab.evaluate(() => new MutationObserver(() => (window.back ||= document.querySelector("p").textContent === "one")).observe(document.body, { subtree: true, childList: true, characterData: true }));
  stub.stale = 2;
  stub.publish({ "/index.path": text("three") });
  await ends("three");
  assert.equal(await tab.evaluate(() => window.back ?? false), false);
});

test("publishes during a refetch end on the newest, with few refetches", async () => {
  await start({ "/index.path": text("one") });
  let release;
  stub.gate = new Promise((open) => (release = open));
  stub.publish({ "/index.path": text("two") });
  await until(() => refetches().length === 1, "the refetch");
  for (const words of ["three", "four", "five"]) stub.publish({ "/index.path": text(words) });
  stub.gate = undefined;
  release();
  await ends("five");
  assert.ok(refetches().length <= 3, `${refetches().length} refetches`);
});

test("a frame that tells nothing new is settled by one answer that is known to be the newest", async () => {
  await start({ "/index.path": text("one") });
  stub.frame("/index.path.html");
  await until(() => refetches().length === 1, "the refetch");
  stub.publish({ "/index.path": text("two") });
  await ends("two");
  assert.ok(refetches().length <= 3 && refetches()[0].seq === 1, `${refetches().length} refetches`);
});

test("where no answer is known to be the newest, the object settles it", async () => {
  await start({ "/index.path": text("one") });
  stub.sure = false;
  stub.frame("/index.path.html");
  await until(() => stub.sockets.length === 2, "the object to be asked");
  const settled = stub.requests.length;
  stub.publish({ "/index.path": text("two") });
  await ends("two");
  assert.equal(await tab.evaluate(() => window.updates.length), 1);
  assert.ok(settled <= 6, `${settled} refetches`);
});

test("an id that is known no longer: fetched fresh, shown, connected with the new one", async () => {
  await start({ "/index.path": text("one") });
  stub.pruned.add("deploy-1");
  stub.publish({ "/index.path": text("two") }, { frames: false });
  stub.cut();
  await ends("two");
  assert.equal(refetches()[0].fresh, "1");
  await until(() => stub.sockets.at(-1) === "deploy-2", "the new connection");
});

test("a server that starts over with lower numbers is believed after 4404", async () => {
  await start({ "/index.path": text("one") });
  stub.publish({ "/index.path": text("two") });
  await ends("two");
  stub.history = [];
  stub.publish({ "/index.path": text("anew") }, { deploy: "other-1" });
  stub.cut();
  await ends("anew");
  await until(() => stub.sockets.at(-1) === "other-1", "the new connection");
});

test("what was published while the connection was away is caught up with", async () => {
  await start({ "/index.path": text("one") });
  stub.refuse = true;
  stub.sure = false;
  stub.cut();
  await until(() => stub.wss.clients.size === 0, "the cut");
  for (const words of ["two", "three"]) stub.publish({ "/index.path": text(words) });
  stub.refuse = false;
  await ends("three");
  assert.deepEqual(stub.sockets.slice(0, 2), ["deploy-1", "deploy-1"]);
  await until(() => stub.sockets[2] === "deploy-3", "the object to be asked whether that was all");
});

test("coming back online, or from the back/forward cache, connects at once", async () => {
  await start({ "/index.path": text("one") });
  for (const event of ["new Event('online')", "new PageTransitionEvent('pageshow', { persisted: true })"]) {
    const count = stub.sockets.length;
    await tab.evaluate(`dispatchEvent(${event})`);
    await until(() => stub.sockets.length === count + 1 && stub.wss.clients.size === 1, event);
  }
  await tab.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  await until(() => stub.wss.clients.size === 0, "the page to let go");
});

test("a changed style sheet is swapped: no reload, no moment without style", async () => {
  const sheet = (hash) => `<link rel="stylesheet" href="/assets/look.${hash}.css">`;
  const files = (hash, color) => ({
    "/index.path": text("one", { head: sheet(hash) }),
    [`/assets/look.${hash}.css`]: `p { color: ${color} }`,
  });
  await start(files("0123456789abcdef", "rgb(1, 2, 3)"));
  await tab.evaluate(() => {
    window.colors = new Set();
    const look = () => (window.colors.add(getComputedStyle(document.querySelector("p")).color), requestAnimationFrame(look));
    look();
    window.paragraph = document.querySelector("p");
  });
  stub.publish(files("fedcba9876543210", "rgb(4, 5, 6)"));
  await tab.waitForFunction(() => window.colors.has("rgb(4, 5, 6)"));
  await tab.waitForFunction(() => document.querySelectorAll("link[rel=stylesheet]").length === 1);
  assert.deepEqual(await tab.evaluate(() => [[...window.colors], window.paragraph.isConnected]), [["rgb(1, 2, 3)", "rgb(4, 5, 6)"], true]);
  assert.ok(await sameWindow(tab));
});

test("a style sheet that is not there yet is asked for again, under the old one", async () => {
  const files = (hash, color) => ({
    "/index.path": text(color, { head: `<link rel="stylesheet" href="/assets/look.${hash}.css">` }),
    [`/assets/look.${hash}.css`]: `p { color: ${color} }`,
  });
  await start(files("0123456789abcdef", "rgb(1, 2, 3)"));
  stub.refuseSheets = 2;
  stub.publish(files("fedcba9876543210", "rgb(4, 5, 6)"));
  await ends("rgb(4, 5, 6)");
  await tab.waitForFunction(() => getComputedStyle(document.querySelector("p")).color === "rgb(4, 5, 6)");
  await tab.waitForFunction(() => document.querySelectorAll("link[rel=stylesheet]").length === 1);
});

test("a style sheet that changed under its own name is loaded again", async () => {
  const files = (color) => ({ "/index.path": text("one", { head: '<link rel="stylesheet" href="/look.css">' }), "/look.css": `p { color: ${color} }` });
  await start(files("rgb(1, 2, 3)"));
  for (const [color, seq] of [["rgb(4, 5, 6)", 2], ["rgb(7, 8, 9)", 3]]) {
    stub.publish(files(color));
    await tab.waitForFunction((c) => getComputedStyle(document.querySelector("p")).color === c, color);
    await tab.waitForFunction(() => document.querySelectorAll("link[rel=stylesheet]").length === 1);
    await shows(tab, `deploy-${seq}`);
  }
  assert.ok(await sameWindow(tab));
});

test("a style sheet in a style element follows", async () => {
  const files = (color) => ({ "/index.path": text("one", { head: `<style>p { color: ${color} }</style>` }) });
  await start(files("rgb(1, 2, 3)"));
  stub.publish(files("rgb(4, 5, 6)"));
  await tab.waitForFunction(() => getComputedStyle(document.querySelector("p")).color === "rgb(4, 5, 6)");
  assert.ok(await sameWindow(tab));
});

test("a route that vanishes shows the page for that, and comes back", async () => {
  await start({ "/index.path": text("one") });
  stub.publish({});
  await reads(tab, "h1", "Not here");
  assert.equal(await tab.title(), "Not here");
  stub.publish({ "/other.path": text("other"), "/index.path": text("back") });
  await ends("back");
});

test("a page that was opened before it existed appears when it does", async () => {
  await start({ "/index.path": text("one") }, "/new.path");
  assert.equal(await tab.textContent("h1"), "Not here");
  stub.publish({ "/index.path": text("one"), "/new.path": text("new", { artifact: "/new.path.html" }) });
  await ends("new");
});

test("a route that moved is followed, and the address with it", async () => {
  await start({ "/index.path": text("one") }, "/index.path?q=1#a");
  stub.publish({ "/index.path": { status: 308, location: "/moved.path" }, "/moved.path": text("moved", { artifact: "/moved.path.html" }) });
  await ends("moved");
  assert.equal(await tab.evaluate(() => location.pathname + location.hash), "/moved.path#a");
  stub.publish({ "/moved.path": text("again", { artifact: "/moved.path.html" }) });
  await ends("again");
});

test("a page that cannot read its own id learns it from one fresh refetch", async () => {
  stub.timing = false;
  await start({ "/index.path": text("one") });
  await until(() => stub.sockets.length, "a socket");
  assert.deepEqual(stub.sockets, ["deploy-1"]);
  assert.deepEqual(refetches().map(({ fresh }) => fresh), ["1"]);
});

test("without a Worker behind it a page asks once and is quiet", async () => {
  stub.plain = true;
  await start({ "/index.path": text("one") });
  await until(() => refetches().length === 1, "the question");
  await tab.evaluate(() => dispatchEvent(new Event("focus")));
  assert.deepEqual(stub.sockets, []);
});

test("without WebSocket a page does nothing", async () => {
  stub.publish({ "/index.path": text("one") });
  const context = await browser.newContext();
  tab = await context.newPage();
  await tab.addInitScript(() => delete window.WebSocket);
  await tab.goto(`${stub.url}/index.path`);
  assert.equal(await tab.evaluate(() => window.pmxLive), undefined);
  assert.equal(refetches().length, 0);
});

test("a newer client that comes with a deploy takes over from the old one", async () => {
  const files = (words, script) => ({ "/index.path": text(words, { head: script }), "/newer.js": String(stub.live) });
  await start(files("one", ""));
  stub.publish(files("two", '<script src="/newer.js"></script>'));
  await ends("two");
  await until(() => stub.sockets.at(-1) === "deploy-2" && stub.wss.clients.size === 1, "one connection");
  stub.publish(files("three", '<script src="/newer.js"></script>'));
  await ends("three");
});

test("the answer to a frame is not needed twice when the connection breaks meanwhile", async () => {
  await start({ "/index.path": text("one") });
  let release;
  stub.gate = new Promise((open) => (release = open));
  stub.publish({ "/index.path": text("two") });
  await until(() => refetches().length === 1, "the refetch");
  stub.cut();
  stub.gate = undefined;
  release();
  await ends("two");
  await until(() => stub.wss.clients.size === 1, "the connection");
  stub.publish({ "/index.path": text("three") });
  await ends("three");
});
