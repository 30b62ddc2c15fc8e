// Runs a Worker that makes every call of the ABI (worker/edge/examples/probe) in the real workerd, through the shim, and prints what it said.
//
//   node probe.mjs <folder> <state folder>
//
// The folder has worker.mjs, probe.wasm and the files of the shim.
import { readdirSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Log, LogLevel, Miniflare } from "miniflare";
import { WebSocket } from "ws";

const [bundle, state] = process.argv.slice(2);
const DEADLINE_MS = 15_000;
/** workerd evicts an object that was idle for 10 s. */
const IDLE_MS = 12_500;

class Stderr extends Log {
  log(message) {
    process.stderr.write(`${message}\n`);
  }
}

/** The Worker that is bound as API: it says what it was asked. */
const API = `export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/throw") throw new RangeError("thrown by the API");
    if (pathname === "/redirect") return Response.redirect("http://api/redirected", 302);
    if (pathname === "/large") return new Response("z".repeat(100_000));
    if (pathname === "/cookies") {
      const headers = new Headers({ "x-b": "2" });
      headers.append("x-a", "1");
      headers.append("x-a", "3");
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      return new Response(null, { status: 204, headers });
    }
    const body = request.body ? (await request.text()) : null;
    const said = body?.length > 100 ? body.length + " bytes" : body;
    return Response.json([request.method, request.url, Object.fromEntries(request.headers), said]);
  },
};`;

const files = readdirSync(bundle).filter((name) => name.endsWith(".mjs") && name !== "worker.mjs");
const miniflare = new Miniflare({
  log: new Stderr(LogLevel.WARN),
  cf: false,
  host: "127.0.0.1",
  port: 0,
  kvPersist: path.resolve(state, "kv"),
  r2Persist: path.resolve(state, "r2"),
  durableObjectsPersist: path.resolve(state, "do"),
  handleRuntimeStdio(stdout, stderr) {
    stdout.pipe(process.stderr);
    stderr.pipe(process.stderr);
  },
  workers: [
    {
      name: "probe",
      compatibilityDate: "2026-04-01",
      modulesRoot: path.resolve(bundle),
      modules: [
        { type: "ESModule", path: path.resolve(bundle, "worker.mjs") },
        ...files.map((name) => ({ type: "ESModule", path: path.resolve(bundle, name) })),
        { type: "CompiledWasm", path: path.resolve(bundle, "probe.wasm") },
      ],
      bindings: { TEXT: "a text", JSON: { a: [1, null] } },
      kvNamespaces: ["KV"],
      r2Buckets: ["BUCKET"],
      durableObjects: {
        PROBE: { className: "Probe", useSQLite: true },
        OTHER: { className: "Other", useSQLite: true },
      },
      serviceBindings: { API: "api" },
      outboundService: (request) => new Response(`outside: ${request.method} ${request.url}`),
    },
    { name: "api", compatibilityDate: "2026-04-01", modules: true, script: API },
  ],
});

const base = (await miniflare.ready).origin;
const say = (heading, text) => process.stdout.write(`== ${heading}\n${text.trimEnd().replaceAll(new URL(base).host, "<address>")}\n`);

/** One request, on a connection of its own. */
function request(target, { method = "GET", body } = {}) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const headers = { "accept-encoding": "identity", ...(body && { "content-length": body.length }) };
    const sent = http.request({ hostname, port, method, path: target, agent: false, headers, timeout: DEADLINE_MS });
    sent.on("timeout", () => sent.destroy(new Error("no answer")));
    sent.on("error", reject);
    sent.on("response", async (response) => {
      const chunks = [];
      try {
        for await (const chunk of response) chunks.push(chunk);
      } catch (error) {
        return reject(error);
      }
      resolve({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(chunks) });
    });
    sent.end(body);
  });
}

async function ask(target, init) {
  const { status, bytes } = await request(target, init);
  say(`${init?.method ?? "GET"} ${target} ${status}`, bytes.toString());
}

/** What became of a body that may fail on its way. */
async function size(target) {
  try {
    const { headers, bytes } = await request(target);
    const length = headers["content-length"] ?? headers["transfer-encoding"];
    say(target, `${bytes.length} bytes, ${length}`);
  } catch {
    say(target, "the connection failed");
  }
}

await ask("/edge");
await ask("/kv", { method: "POST", body: "three, from the request" });
await ask("/r2");
await ask("/bodies", { method: "POST", body: "read in two chunks and the rest" });
for (const target of ["/stream", "/length", "/short", "/failing"]) await size(target);
await ask("/requests");
await ask("/cache");
await ask("/objects");
await ask("/due?alarms");

// ---- Sockets

const text = (data, isBinary) => (isBinary ? `binary ${data.toString("hex")}` : data.toString());

function open(name) {
  const socket = new WebSocket(`${base.replace("http", "ws")}/socket?${name}`);
  const received = [];
  socket.on("message", (data, isBinary) => received.push(text(data, isBinary)));
  const closed = new Promise((resolve) => socket.on("close", (code, reason) => resolve(`${code} ${reason}`)));
  return { socket, received, closed };
}

async function until(reached) {
  for (const end = Date.now() + DEADLINE_MS; !reached(); await sleep(10)) {
    if (Date.now() > end) throw new Error(`waited in vain: ${reached}`);
  }
}

const one = open("sockets");
await until(() => one.received.length === 1);
for (const message of ["hello", Buffer.from([1, 2, 3]), "calls", "ping", "when"]) {
  const before = one.received.length;
  one.socket.send(message);
  await until(() => one.received.length > before);
}
const two = open("sockets");
await until(() => two.received.length === 1);
await ask("/broadcast?sockets");
await until(() => two.received.length === 3);
two.socket.close(4002, "bye");
say("the second's end", await two.closed);
await until(() => one.received.length > 8);
one.socket.send("close");
say("the first's end", await one.closed);
say("the first", one.received.join("\n"));
say("the second", two.received.join("\n"));

// ---- What fails

say("throw", `${(await request("/throw")).status}`);
const refused = new WebSocket(`${base.replace("http", "ws")}/who?sockets`);
say("no socket", await new Promise((resolve) => refused.on("unexpected-response", (_, response) => resolve(`${response.statusCode}`)).on("error", () => {})));
const trapped = await request("/trap");
say("trap", `${trapped.status} ${JSON.parse(trapped.bytes).error.code}`);
await ask("/who?after-trap");

// Meanwhile the platform evicts the object of an idle socket, and an alarm that failed came again after 2 s to 2.5 s.
const idle = open("idle");
await until(() => idle.received.length === 1);
idle.socket.send("memory");
await sleep(IDLE_MS);
idle.socket.send("memory");
await until(() => idle.received.length === 3);
say("an idle socket", idle.received.join("\n"));
await ask("/fired?alarms");

await miniflare.dispose();
process.exit(0);
