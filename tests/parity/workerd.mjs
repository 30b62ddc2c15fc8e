// Runs a bundle (worker.mjs and what it imports) in the real workerd, by miniflare.
//
//   node workerd.mjs <bundle folder> <state folder> '<JSON of variables>' '<JSON of miniflare's options for bindings>'
//
// Prints {"ready":"http://127.0.0.1:<port>"}; then each line on stdin is a command, and each gets one line on stdout:
//   {"do":"kv"}       {"kv":{"<key>":"<value>"}}
//   {"do":"r2"}       {"r2":[{"key","size","sha256"}]}    sorted by key
//   {"do":"lose","key"}  {"lost":true}: the bucket loses a blob
//   {"do":"objects"}  {"objects":["<path of a SQLite file>"]}; whoever reads them copies them first, with their -wal
//   {"do":"dispose"}  {"disposed":true}, and the process ends (so it does when stdin closes)
import { readdirSync } from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { Log, LogLevel, Miniflare } from "miniflare";

/** What the Worker of pmx is bound to. */
const OWN = { kvNamespaces: ["SPACE_KV"], r2Buckets: ["BUCKET"], durableObjects: { SPACE_DO: { className: "SpaceDO", useSQLite: true } } };

const [bundle, state, variables = "{}", bindings = JSON.stringify(OWN)] = process.argv.slice(2);
if (!bundle || !state) {
  console.error("usage: node workerd.mjs <bundle folder> <state folder> [variables as JSON] [bindings as JSON]");
  process.exit(2);
}

/** stdout is for answers, so miniflare's own words go to stderr. */
class Stderr extends Log {
  log(message) {
    process.stderr.write(`${message}\n`);
  }
}

const miniflare = new Miniflare({
  log: new Stderr(LogLevel.WARN),
  cf: false, // else it asks the network for a sample of `request.cf`
  name: "pathmx",
  host: "127.0.0.1",
  port: 0,
  compatibilityDate: "2026-04-01",
  modules: [
    { type: "ESModule", path: path.resolve(bundle, "worker.mjs") },
    ...readdirSync(bundle).filter((name) => /^pmx_.*\.mjs$/.test(name)).map((name) => ({ type: "ESModule", path: path.resolve(bundle, name) })),
    ...readdirSync(bundle).filter((name) => name.endsWith(".wasm")).map((name) => ({ type: "CompiledWasm", path: path.resolve(bundle, name) })),
  ],
  modulesRoot: path.resolve(bundle),
  bindings: JSON.parse(variables),
  ...JSON.parse(bindings),
  kvPersist: path.resolve(state, "kv"),
  r2Persist: path.resolve(state, "r2"),
  durableObjectsPersist: path.resolve(state, "do"),
  handleRuntimeStdio(stdout, stderr) {
    stdout.pipe(process.stderr);
    stderr.pipe(process.stderr);
  },
});

const COMMANDS = {
  async kv() {
    const namespace = await miniflare.getKVNamespace("SPACE_KV");
    const kv = {};
    for await (const { name } of pages((cursor) => namespace.list({ cursor }), "keys")) kv[name] = await namespace.get(name);
    return { kv };
  },
  async r2() {
    const bucket = await miniflare.getR2Bucket("BUCKET");
    const r2 = [];
    for await (const { key } of pages((cursor) => bucket.list({ cursor }), "objects")) {
      const object = await bucket.get(key);
      const digest = await crypto.subtle.digest("SHA-256", await object.arrayBuffer());
      r2.push({ key, size: object.size, sha256: Buffer.from(digest).toString("hex") });
    }
    return { r2 };
  },
  async lose({ key }) {
    await (await miniflare.getR2Bucket("BUCKET")).delete(key);
    return { lost: true };
  },
  objects() {
    const folder = path.resolve(state, "do");
    const names = readdirSync(folder, { recursive: true }).filter((name) => /[0-9a-f]{64}\.sqlite$/.test(name));
    return { objects: names.sort().map((name) => path.join(folder, name)) };
  },
  async dispose() {
    await miniflare.dispose();
    return { disposed: true };
  },
};

async function* pages(list, items) {
  for (let cursor, page; !page || page.cursor; cursor = page.cursor) {
    page = await list(cursor);
    yield* page[items];
  }
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

say({ ready: (await miniflare.ready).origin });
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { do: command, ...more } = JSON.parse(line);
  const answer = await (COMMANDS[command]?.(more) ?? { error: `no such command: ${command}` });
  say(answer);
  if (answer.disposed) process.exit(0);
}
await miniflare.dispose();
