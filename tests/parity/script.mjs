// Drives a Worker through everything that it answers, once, and prints what came back as one JSON document. Two hosts of
// the same Worker must print the same.
//
//   node script.mjs <base URL> '<JSON of options>'
//
// Options: `secret` (PUBLISH_SECRET of the Worker), `domain` (its BASE_DOMAINS; default path.app), `idleMs` (how long the
// sockets are left alone before the last step; the default outlasts the 10 s after which workerd evicts an idle object).
// The Worker must be empty: it has published nothing yet.
import { Client } from "./client.mjs";
import { BINARY, sha256, site } from "./site.mjs";

const [base, json = "{}"] = process.argv.slice(2);
const { secret = "parity-secret", domain = "path.app", idleMs = 12_500 } = JSON.parse(json);

const CONTROL = `pathmx.${domain}`;
const ALPHA = `alpha.${domain}`;
const BETA = `beta.${domain}`;
/** The Worker asks a site's object for the newest state at most once a second. */
const FRESH_PAUSE_MS = 1_100;
const NOBODY = "00000000-0000-4000-8000-000000000000";
const ABSENT = sha256("a blob that nobody uploads");
const auth = { authorization: `Bearer ${secret}` };

const client = new Client(base);
const control = (name, method, path, { headers, ...rest } = {}) =>
  client.http(name, CONTROL, method, path, { headers: { ...auth, ...headers }, ...rest });
const post = (name, path, value) =>
  control(name, "POST", path, { headers: { "content-type": "application/json" }, body: JSON.stringify(value) });
const get = (path, headers = {}, host = ALPHA) => client.http(`GET ${path} ${JSON.stringify(headers)}`, host, "GET", path, { headers });
const upload = (name, hash, body, extra = {}) =>
  control(name, "POST", `/api/publish/upload?hash=${hash}`, { headers: { "content-length": body.length }, body, ...extra });

async function publish(name, subdomain, { roots, blobs }, more = {}) {
  const begun = (await post(`${name}: begin`, "/api/publish/begin", { subdomain, hashes: [...blobs.keys()].sort() })).json();
  for (const { hash, uploadUrl } of begun.missing ?? []) {
    await control(`${name}: upload`, "PUT", uploadUrl, { headers: { "content-length": blobs.get(hash).length }, body: blobs.get(hash) });
  }
  return (await post(`${name}: commit`, "/api/publish/commit", { subdomain, roots, ...more })).json();
}

const alpha1 = site("alpha", 1);
const alpha2 = site("alpha", 2);
const beta1 = site("beta", 1);

// ---- Hosts

await client.http("health", CONTROL, "GET", "/api/health");
await client.http("health on the address itself", client.base.host, "GET", "/api/health");
await client.http("health with HEAD", CONTROL, "HEAD", "/api/health");
await client.http("health with POST", CONTROL, "POST", "/api/health");
for (const host of [
  ALPHA, // not published yet
  `ALPHA.${domain}`,
  `alpha.${domain}.`,
  `alpha.${domain}:8080`,
  domain,
  `a.b.${domain}`,
  `a_b.${domain}`,
  `-a.${domain}`,
  `a-.${domain}`,
  `${"a".repeat(63)}.${domain}`,
  `${"a".repeat(64)}.${domain}`,
  `www.${domain}`,
  `pr-7.${domain}`,
  `x${domain}`,
  "example.com",
  "localhost",
]) {
  await client.http("a host", host, "GET", "/");
}
await client.http("an unknown site in a browser", ALPHA, "GET", "/", { headers: { accept: "text/html,application/xhtml+xml" } });
await client.http("an unknown site with HEAD", ALPHA, "HEAD", "/");
await client.http("an unknown site with POST", ALPHA, "POST", "/");
await client.http("the root of the control host", CONTROL, "GET", "/");
await client.http("the API on a site's host", ALPHA, "GET", "/api/health");
await client.http("the API on a site's host, with a token", ALPHA, "POST", "/api/publish/begin", { headers: auth, body: "{}" });

// ---- Authorization

for (const authorization of [undefined, "", "Bearer", `Basic ${secret}`, "Bearer wrong", `Bearer ${secret}x`, `Bearer ${secret.slice(1)}`, secret]) {
  await client.http(`authorization ${authorization}`, CONTROL, "GET", "/api/deploys?subdomain=alpha", { headers: authorization === undefined ? {} : { authorization } });
}
for (const authorization of [`bearer ${secret}`, `Bearer  ${secret}`, `Bearer ${secret} `]) {
  await client.http(`authorization ${authorization}`, CONTROL, "GET", "/api/deploys?subdomain=alpha", { headers: { authorization } });
}
await client.http("no token, in a browser", CONTROL, "GET", "/api/deploys?subdomain=alpha", { headers: { accept: "text/html" } });
await client.http("no token, begin", CONTROL, "POST", "/api/publish/begin", { body: "{}" });
await client.http("no token, upload", CONTROL, "PUT", `/api/publish/upload?hash=${sha256("x")}`, { body: "x", headers: { "content-length": 1 } });
await client.http("no token, unknown path", CONTROL, "GET", "/api/nothing");
await control("unknown path", "GET", "/api/nothing");
await control("the API's root", "GET", "/api/");

// ---- Begin

await control("begin: wrong method", "GET", "/api/publish/begin");
await control("begin: OPTIONS", "OPTIONS", "/api/publish/begin");
for (const body of ["", "{", "[]", "null", "\ufeff{}", '{"subdomain":"alpha"}', '{"subdomain":7,"hashes":[]}', '{"subdomain":"alpha","hashes":"x"}', '{"subdomain":"alpha","hashes":[7]}']) {
  await control(`begin: body ${body}`, "POST", "/api/publish/begin", { body });
}
for (const subdomain of ["", "a.b", "-a", "www", "pr-1", "ALPHA", "ä", "a".repeat(64)]) {
  await post(`begin: site ${subdomain}`, "/api/publish/begin", { subdomain, hashes: [] });
}
for (const hash of ["", "xyz", ABSENT.toUpperCase(), ABSENT.slice(1), `${ABSENT}0`]) {
  await post(`begin: hash ${hash}`, "/api/publish/begin", { subdomain: "alpha", hashes: [hash] });
}
await post("begin: nothing", "/api/publish/begin", { subdomain: "alpha", hashes: [] });
await post("begin: twice the same", "/api/publish/begin", { subdomain: "alpha", hashes: [ABSENT, ABSENT] });
for (const body of [["alpha", []], ["alpha", [ABSENT], null], { subdomain: "alpha", hashes: {} }, { subdomain: "alpha", hashes: [[ABSENT]] }]) {
  await post(`begin: an array is no object: ${JSON.stringify(body)}`, "/api/publish/begin", body);
}
for (const base of ["", "a b", "x".repeat(65)]) await post("begin: a base that is none", "/api/publish/begin", { subdomain: "alpha", hashes: [], base });
await control("begin: a field twice", "POST", "/api/publish/begin", { body: '{"subdomain":"alpha","subdomain":"beta","hashes":[]}' });
await post("begin: unknown base", "/api/publish/begin", { subdomain: "alpha", hashes: [ABSENT], base: NOBODY });
await post("begin: malformed base", "/api/publish/begin", { subdomain: "alpha", hashes: [ABSENT], base: "x" });
const distinct = Array.from({ length: 100_001 }, (_, i) => i.toString(16).padStart(64, "0"));
await post("begin: too many", "/api/publish/begin", { subdomain: "alpha", hashes: distinct });

// ---- Upload

const blob = Buffer.from("a blob\n");
const hash = sha256(blob);
await control("upload: wrong method", "DELETE", `/api/publish/upload?hash=${hash}`);
for (const query of ["", "?hash=", "?hash=xyz", `?hash=${hash.toUpperCase()}`, `?hash=${hash}&hash=${hash}`]) {
  await control(`upload: query ${query}`, "POST", `/api/publish/upload${query}`, { body: blob, headers: { "content-length": blob.length } });
}
await control("upload: no length", "POST", `/api/publish/upload?hash=${hash}`, { body: blob, headers: { "transfer-encoding": "chunked" } });
await upload("upload: too large", hash, blob, { headers: { "content-length": 25 * 1024 * 1024 + 1 }, headersOnly: true });
await upload("upload: other bytes", hash, Buffer.from("another\n"));
await upload("upload: first", hash, blob);
await upload("upload: again", hash, blob);
await upload("upload: other bytes under an existing hash", hash, Buffer.from("another\n"));
await upload("upload: nothing under the hash of something", ABSENT, Buffer.alloc(0));
await upload("upload: empty blob", sha256(""), Buffer.alloc(0));
await post("begin: one known, one not", "/api/publish/begin", { subdomain: "alpha", hashes: [hash, ABSENT] });

// ---- Commit: what is refused. `document` uploads a JSON document and gives its hash.

async function document(value) {
  const bytes = Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
  await upload("upload: a document", sha256(bytes), bytes);
  return sha256(bytes);
}
const commit = (name, value) => post(`commit: ${name}`, "/api/publish/commit", { subdomain: "alpha", ...value });
const one = (manifest, routes) => ({ roots: { roots: { main: { entry: "index.path.md", manifest, routes } }, default: "main" } });

await control("commit: wrong method", "GET", "/api/publish/commit");
await commit("no roots", {});
await commit("no root", { roots: { roots: {}, default: "main" } });
await commit("default that is none", { roots: { ...alpha1.roots, default: "nobody" } });
await commit("bad root id", { roots: { roots: { "a/b": alpha1.roots.roots.main }, default: "a/b" } });
await commit("bad hash", { roots: { roots: { main: { entry: "x", routes: "x", manifest: "y" } }, default: "main" } });
const many = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`r${i}`, alpha1.roots.roots.main]));
await commit("too many roots", { roots: { roots: many, default: "r0" } });
await commit("documents that nobody uploaded", { roots: alpha1.roots });
const noRoutes = await document({ routes: {} });
const noFiles = await document({ files: {}, sources: {} });
await commit("a manifest that is no JSON", one(await document("no JSON"), noRoutes));
await commit("a manifest that is none", one(await document({ routes: {} }), noRoutes));
await commit("routes that are none", one(noFiles, await document({ routes: { "/": { type: "nothing" } } })));
await commit("a path that climbs", one(await document({ files: { "../x": { hash, size: 7 } }, sources: {} }), noRoutes));
await commit("a route to no file", one(noFiles, await document({ routes: { "/": { type: "source", source: "x", path: "x.html" } } })));
await commit("a redirect with 200", one(noFiles, await document({ routes: { "/a": { type: "redirect", to: "/b", status: 200 } } })));
await commit("a redirect off the site", one(noFiles, await document({ routes: { "/a": { type: "redirect", to: "//evil.example", status: 302 } } })));
await commit("a file that nobody uploaded", one(await document({ files: { x: { hash: ABSENT, size: 7 }, y: { hash, size: 7 } }, sources: {} }), noRoutes));
await commit("another size than the blob's", one(await document({ files: { "a/x": { hash, size: 8 } }, sources: {} }), noRoutes));
await commit("two sizes of one blob", one(await document({ files: { x: { hash, size: 7 }, y: { hash, size: 8 } }, sources: {} }), noRoutes));
await commit("a size that no blob has", one(await document({ files: { x: { hash, size: 26214401 } }, sources: {} }), noRoutes));
await commit("a file as an array", one(await document({ files: { x: [hash, 7] }, sources: {} }), noRoutes));
await commit("a path that stands there twice", one(await document(`{"files":{"x":{"hash":"${hash}","size":7},"x":{"hash":"${hash}","size":7}},"sources":{}}`), noRoutes));
await commit("a route as an array", one(noFiles, await document({ routes: { "/a": ["redirect", null, null, "/b", 308] } })));
await commit("a route that is too long", one(noFiles, await document({ routes: { [`/${"x".repeat(2048)}`]: { type: "redirect", to: "/b", status: 308 } } })));
const empty = one(noFiles, noRoutes);
await commit("roots as an array", { roots: [empty.roots.roots ?? {}, "main"] });
await commit("an entry that is too long", { roots: { ...empty.roots, roots: { main: { ...empty.roots.roots.main, entry: "x".repeat(1025) } } } });
await commit("meta with an odd name", { ...empty, meta: { "a\u0000": "x" } });
await commit("an event as an array", { ...empty, events: [["sources-changed", []]] });
await commit("meta that is a list", { ...empty, meta: [] });
await commit("meta with a number", { ...empty, meta: { commit: 7 } });
await commit("meta that is too long", { ...empty, meta: { commit: "x".repeat(5000) } });
await commit("events that are none", { ...empty, events: "x" });
await commit("an event of no known type", { ...empty, events: [{ type: "nothing" }] });
await commit("an event with a field more", { ...empty, events: [{ type: "sources-changed", sources: [], more: 1 }] });
await post("commit: bad site", "/api/publish/commit", { ...empty, subdomain: "www" });
await control("deploys: none yet", "GET", "/api/deploys?subdomain=alpha");
await get("/"); // still no site

// ---- The first deploy, and its pages

const first = await publish("alpha 1", "alpha", alpha1, { meta: { commit: "c0ffee", branch: "main" } });
await post("begin: all is known", "/api/publish/begin", { subdomain: "alpha", hashes: [...alpha1.blobs.keys()].sort() });
await post("begin: known base", "/api/publish/begin", { subdomain: "alpha", hashes: [ABSENT], base: first.deployId });

const PAGES = [
  "/", "/?q=1", "/index.path.html", "/guide", "/guide/", "/guide?x=y", "/Guide", "/guide/first.path.html", "/guide/deep", "/guide/deep/er/page.path.html",
  "/%67uide", "/guide%2Fdeep", "/guide//deep", "//guide", "/guide/../guide", "/guide/%2e%2e/guide", "/guide/.", "/.", "/..", "/\\guide",
  "/%C3%BCn%C3%AF/%E6%97%A5%E6%9C%AC", "/%c3%bcn%c3%af/%e6%97%a5%e6%9c%ac", "/%C3%BCn%C3%AF/%E6%97%A5%E6%9C%AC%20%C3%A7%C3%B6d%C3%A9.path.html",
  "/a%20b+c&d.txt", "/a%20b%2Bc%26d.txt", "/%", "/%zz", "/%00", "/%ff", "/nothing", "/nothing/", "/nothing.css", "/assets", `/${"x".repeat(4000)}`,
  `/${alpha1.css}`, `/${alpha2.css}`, "/assets/plain.css", "/assets/wrong.0123456789abcdef0123.css", "/img/logo.svg", "/img/dot.png",
  "/data/big.bin", "/data/empty.txt", "/data/list.json", "/noextension", "/404.path.html",
  "/talks", "/talks/", "/talks/index.path.html", "/talks/one", "/talks/home", "/talks/nothing", "/talksx", "/main", "/main/",
  "/old", "/old/", "/old?x=1", "/moved", "/found", "/see", "/later", "/_events", "/_events/", "/_pathmx", "/api", "/api/", "/api/deploys",
];
for (const path of PAGES) {
  await get(path);
  await client.http(`HEAD ${path}`, ALPHA, "HEAD", path);
}
for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
  for (const path of ["/", "/nothing", "/old", "/api/health"]) await client.http(`${method} ${path}`, ALPHA, method, path);
}
await get("/nothing", { accept: "text/html" });

// ---- Pages as Markdown

const MARKDOWN = "text/markdown";
for (const path of ["/guide.md", "/guide/first.path.md", "/draft.md", "/guide/.md", "/.md", "/guide/deep.md", "/guide.md.md", "/GUIDE.md", "/talks.md", "/talks/one.md", "/old.md", "/guide.md?x=1"]) {
  await get(path);
  await get(path, { accept: MARKDOWN });
  await client.http(`HEAD ${path}`, ALPHA, "HEAD", path);
}
for (const accept of ["text/html", "*/*", MARKDOWN, "text/markdown, text/html;q=0.9", "text/markdown;q=0.9, text/html", "text/html, text/markdown", "text/markdown, */*", "text/*;q=0.5, text/html;q=0", "text/markdown;q=0", "application/json", ""]) {
  await get("/guide", { accept });
}
for (const path of ["/", "/guide/deep", "/old", "/guide/first.path.html", "/data/list.json", "/nothing", "/talks/nothing"]) {
  await get(path, { accept: MARKDOWN });
  await client.http(`HEAD ${path} as Markdown`, ALPHA, "HEAD", path, { headers: { accept: MARKDOWN } });
}
const asMarkdown = `"${sha256("# First\n\nA guide, version 1\n")}"`;
for (const accept of ["text/html", MARKDOWN]) {
  for (const headers of [{ "if-none-match": asMarkdown }, { "if-match": asMarkdown }, { range: "bytes=0-3" }, { range: "bytes=0-3", "if-range": asMarkdown }, { range: "bytes=9999-" }]) {
    await get("/guide", { accept, ...headers });
  }
}
await client.http("another case of the host", `Alpha.${domain.toUpperCase()}`, "GET", "/guide");
await client.http("a host with port and dot", `alpha.${domain}.:8787`, "GET", "/guide");

// ---- Conditional requests and ranges

const etag = `"${sha256(BINARY)}"`;
const other = `"${ABSENT}"`;
for (const tag of [etag, `W/${etag}`, `${other}, ${etag}`, `${other},W/${etag}`, "*", other, `${other}, ${other}`, etag.slice(1, -1), `"${etag}"`, "", `, ${etag} ,`]) {
  await get("/data/big.bin", { "if-none-match": tag });
}
await client.http("HEAD, not modified", ALPHA, "HEAD", "/data/big.bin", { headers: { "if-none-match": etag } });
await get("/data/big.bin", { "if-match": other });
await get("/data/big.bin", { "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT" });
await get("/nothing", { "if-none-match": "*" });
await get("/old", { "if-none-match": "*" });

for (const range of [
  "bytes=0-9", "bytes=10-", "bytes=-5", "bytes=0-0", "bytes=69999-", "bytes=0-999999", "bytes=-999999", "bytes=70000-", "bytes=70000-70001", "bytes=-0",
  "bytes=5-2", "bytes=0-1,3-4", "bytes=0-1, -1", "items=0-1", "bytes=", "bytes=-", "bytes=a-b", "bytes 0-1", "Bytes=0-1", "bytes= 0-1", "bytes=0-18446744073709551616",
]) {
  await get("/data/big.bin", { range });
}
for (const ifRange of [etag, `W/${etag}`, other, etag.slice(1, -1), "Fri, 01 Jan 2100 00:00:00 GMT"]) {
  await get("/data/big.bin", { range: "bytes=0-3", "if-range": ifRange });
}
await get("/data/big.bin", { range: "bytes=0-3", "if-none-match": etag });
await get("/data/big.bin", { range: "bytes=0-3", "if-none-match": other });
await get("/data/big.bin", { range: "bytes=70000-", "if-range": other });
await client.http("HEAD with a range", ALPHA, "HEAD", "/data/big.bin", { headers: { range: "bytes=0-3" } });
await get("/data/empty.txt", { range: "bytes=0-" });
await get("/data/empty.txt", { range: "bytes=-1" });
await get("/nothing", { range: "bytes=0-3" });
await get("/", { range: "bytes=0-14" });

// ---- Freshness

const freshAgain = () => new Promise((resolve) => setTimeout(resolve, FRESH_PAUSE_MS));
await freshAgain();
for (const headers of [{ "pmx-fresh": "1" }, { "pmx-fresh": "1" }, { "pmx-fresh": "0" }, { "pmx-min-seq": "1" }, { "pmx-min-seq": "99" }, { "pmx-min-seq": "x" }, { "pmx-min-seq": "-1" }]) {
  await get("/guide", headers);
}
await get(`/${alpha1.css}`, { "pmx-min-seq": "1" });

// ---- Sockets: what is refused

const origin = { origin: `http://${ALPHA}` };
await client.open("foreign origin", ALPHA, "/_events", { origin: "https://evil.example" });
await client.open("origin null", ALPHA, "/_events", { origin: "null" });
await client.open("origin of another site", ALPHA, "/_events", { origin: `http://${BETA}` });
await client.open("a site that was never published", BETA, "/_events");
await client.open("the control host", CONTROL, "/_events");
await client.open("another path", ALPHA, "/guide", origin);
await client.open("below the path", ALPHA, "/_events/x", origin);
for (const deploy of [NOBODY, "x", ""]) {
  await client.open(`deploy ${deploy}`, ALPHA, `/_events?deploy=${deploy}`, origin);
}
for (const deploy of [NOBODY, "x"]) await client.closed(`deploy ${deploy}`);

// ---- Events: publishing

await client.open("open from the start", ALPHA, `/_events?deploy=${first.deployId}`, origin);
await client.open("without an id", ALPHA, "/_events");
await client.open("closes", ALPHA, "/_events", { origin: `https://${ALPHA}` });
await client.open("closes without a code", ALPHA, "/_events");
const socket = (name) => client.sockets.get(name)?.socket;
socket("without an id")?.send("what a client says is ignored");
socket("without an id")?.send(Buffer.from([0, 1, 2]));
socket("closes")?.close(4001, "bye");
socket("closes without a code")?.close();
await client.closed("closes");
await client.closed("closes without a code");

const beta = await publish("beta 1", "beta", beta1);
await client.open("beta", BETA, `/_events?deploy=${beta.deployId}`);
const second = await publish("alpha 2", "alpha", alpha2, { events: [{ type: "sources-changed", sources: ["a lie"] }] });
await client.open("catches up", ALPHA, `/_events?deploy=${first.deployId}`, origin);
const LISTENERS = ["open from the start", "without an id", "catches up"];
const listenersGet = async (before, events = []) => {
  for (const name of LISTENERS) await client.frames(name, before + events.length);
};
await listenersGet(0, second.events);

for (const path of ["/", "/guide/deep", "/img/dot.png", "/guide/added.path.html", `/${alpha1.css}`, `/${alpha2.css}`, "/talks/one"]) await get(path);
await get("/", { "pmx-min-seq": String(second.seq) });
for (const path of ["/", `/${alpha1.css}`, `/${beta1.css}`, "/img/dot.png"]) await get(path, {}, BETA);
await control("deploys", "GET", "/api/deploys?subdomain=alpha");
await control("deploys of the other site", "GET", "/api/deploys?subdomain=beta");
await control("deploys: HEAD", "HEAD", "/api/deploys?subdomain=alpha");
await control("deploys: POST", "POST", "/api/deploys?subdomain=alpha");
for (const query of ["", "?subdomain=", "?subdomain=www", "?subdomain=a.b", "?subdomain=nobody", "?subdomain=ALPHA"]) {
  await control(`deploys: query ${query}`, "GET", `/api/deploys${query}`);
}
await publish("alpha 2 once more", "alpha", alpha2);

// ---- Rollback

const rollback = (name, value) => post(`rollback: ${name}`, "/api/publish/rollback", value);
await control("rollback: wrong method", "GET", "/api/publish/rollback");
await control("rollback: no JSON", "POST", "/api/publish/rollback", { body: "no JSON" });
await rollback("an array", ["alpha", first.deployId]);
await rollback("an id that is too long", { subdomain: "alpha", deployId: "x".repeat(65) });
await rollback("an id with more behind it", { subdomain: "alpha", deployId: `${first.deployId}&space=beta` });
await rollback("no id", { subdomain: "alpha" });
await rollback("malformed id", { subdomain: "alpha", deployId: "x" });
await rollback("unknown id", { subdomain: "alpha", deployId: NOBODY });
await rollback("an id of another site", { subdomain: "alpha", deployId: beta.deployId });
await rollback("a site that was never published", { subdomain: "nobody", deployId: first.deployId });
await rollback("malformed events", { subdomain: "alpha", deployId: first.deployId, events: [7] });
const received = () => client.sockets.get(LISTENERS[0])?.frames.length ?? 0;
const beforeBack = received();
const back = (await rollback("to the first", { subdomain: "alpha", deployId: first.deployId })).json();
await listenersGet(beforeBack, back.events);
await get("/");
await freshAgain();
await get("/img/dot.png", { "pmx-fresh": "1" });
await get("/img/dot.png", { "pmx-min-seq": String(back.seq) });
await rollback("to the active one", { subdomain: "alpha", deployId: first.deployId });
await client.open("catches up backwards", ALPHA, `/_events?deploy=${second.deployId}`, origin);
await client.frames("catches up backwards", back.events?.length ?? 0);
await control("deploys after the rollback", "GET", "/api/deploys?subdomain=alpha");

// ---- After the object was evicted: its sockets are still there

await new Promise((resolve) => setTimeout(resolve, idleMs));
const beforeAgain = received();
const again = (await rollback("after eviction", { subdomain: "alpha", deployId: second.deployId })).json();
await listenersGet(beforeAgain, again.events);
await client.frames("catches up backwards", (back.events?.length ?? 0) + (again.events?.length ?? 0));
socket("without an id")?.close(1000, "done");
await client.closed("without an id");

// ---- Pruning

const prune = (name, value) => post(`prune: ${name}`, "/api/deploys/prune", value);
await control("prune: wrong method", "GET", "/api/deploys/prune");
await client.http("prune: no token", CONTROL, "POST", "/api/deploys/prune", { body: "{}" });
await prune("no site", { keep: 1 });
await prune("no number", { subdomain: "alpha" });
for (const keep of [0, -1, 1.5, "1", 4294967296]) await prune(`keep ${keep}`, { subdomain: "alpha", keep });
await prune("a site that was never published", { subdomain: "nobody", keep: 1 });
await prune("nothing to prune", { subdomain: "alpha", keep: 100 });
await publish("alpha 2 after the prune", "alpha", alpha2);
await prune("all but one", { subdomain: "alpha", keep: 1 });
await rollback("to a pruned one", { subdomain: "alpha", deployId: second.deployId });
await control("deploys after the prune", "GET", "/api/deploys?subdomain=alpha");
await rollback("to one that was kept for its assets", { subdomain: "alpha", deployId: first.deployId });

// ---- Unpublishing

const unpublish = (name, value) => post(`unpublish: ${name}`, "/api/unpublish", value);
await control("unpublish: wrong method", "GET", "/api/unpublish");
await client.http("unpublish: no token", CONTROL, "POST", "/api/unpublish", { body: '{"subdomain":"alpha"}' });
await client.http("unpublish: on a site's host", ALPHA, "POST", "/api/unpublish", { headers: auth, body: '{"subdomain":"alpha"}' });
await unpublish("no site", {});
await unpublish("an array", ["alpha", 410]);
await unpublish("a bad site", { subdomain: "www" });
await unpublish("a site that was never published", { subdomain: "nobody" });
for (const status of [200, 403, 0, -1, 4100, "410", null, 410.5]) await unpublish(`status ${status}`, { subdomain: "alpha", status });

await client.open("before it is taken down", ALPHA, `/_events?deploy=${first.deployId}`, origin);
const gone = (await unpublish("gone", { subdomain: "alpha" })).json();
await client.frames("before it is taken down", gone.events?.length ?? 0);
await unpublish("again", { subdomain: "alpha", status: 410 });
const shownOfNothing = async () => {
  for (const path of ["/", "/guide", "/guide/", `/${alpha1.css}`, `/${[...alpha1.blobs.keys()][0]}`, "/nothing", "/old", "/talks/one", "/api/deploys"]) {
    await get(path);
    await get(path, { accept: "text/html" });
    await client.http(`HEAD ${path}`, ALPHA, "HEAD", path);
  }
  await get("/data/big.bin", { range: "bytes=0-3", "if-none-match": "*" });
  await client.http("POST", ALPHA, "POST", "/");
  await freshAgain();
  for (const headers of [{ "pmx-fresh": "1" }, { "pmx-min-seq": String(gone.seq) }, { "pmx-min-seq": "999" }]) await get("/guide", headers);
};
await shownOfNothing();
await control("deploys while it is down", "GET", "/api/deploys?subdomain=alpha");
await client.open("a page of what is gone", ALPHA, `/_events?deploy=${first.deployId}`, origin);
await client.closed("a page of what is gone");
await client.open("a page that shows nothing", ALPHA, `/_events?deploy=unpublished-${gone.seq}`, origin);
await unpublish("as if it had never been", { subdomain: "alpha", status: 404 });
await shownOfNothing();
const returned = (await rollback("brings it back", { subdomain: "alpha", deployId: first.deployId })).json();
await client.frames("a page that shows nothing", returned.events?.length ?? 0);
await client.frames("before it is taken down", (gone.events?.length ?? 0) + (returned.events?.length ?? 0));
await client.open("a page that still shows nothing", ALPHA, `/_events?deploy=unpublished-${gone.seq}`, origin);
await client.closed("a page that still shows nothing");
await unpublish("once more", { subdomain: "alpha", status: 404 });
await prune("while it is down", { subdomain: "alpha", keep: 1 });
await publish("alpha 2 brings it back", "alpha", alpha2);
for (const path of ["/", `/${alpha1.css}`, `/${alpha2.css}`]) await get(path);
await unpublish("the other site, which stays so", { subdomain: "beta" });
await get("/", {}, BETA);

await control("deploys at the end", "GET", "/api/deploys?subdomain=alpha");
await control("deploys of the other site at the end", "GET", "/api/deploys?subdomain=beta");
await get("/");

client.finish();
process.stdout.write(`${client.document()}\n`, () => process.exit(0));
