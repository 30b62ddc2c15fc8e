// A Worker of the corpus in the real workerd, by miniflare.
//
//   node workerd.mjs <state folder> <main module> [<module> …]
//
// The modules are files beside each other; the first exports the Worker. Prints {"ready":"http://127.0.0.1:<port>"}; then each line on
// stdin is a command, and each gets one line on stdout:
//   {"do":"now"}             {"now":<milliseconds since 1970>}
//   {"do":"wait","ms":<n>}   {"waited":<n>}
//   {"do":"kill"}            nothing: the runtime is killed where it stands, and this process with it
//   {"do":"end"}             {"ended":true}, and the process ends (so it does when stdin closes)
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";

// Installed for the other comparison with workerd.
const { Log, LogLevel, Miniflare } = createRequire(new URL("../parity/package.json", import.meta.url))("miniflare");

const [state, main, ...more] = process.argv.slice(2);
if (!state || !main) {
  console.error("usage: node workerd.mjs <state folder> <main module> [module …]");
  process.exit(2);
}

/** stdout is for answers, so miniflare's own words go to stderr. */
class Stderr extends Log {
  log(message) {
    process.stderr.write(`${message}\n`);
  }
}

const kinds = { ".wasm": "CompiledWasm", ".txt": "Text" };
const worker = (name, bindings) => ({
  name,
  compatibilityDate: "2026-04-01",
  modules: [main, ...more].map((file) => ({ type: kinds[path.extname(file)] ?? "ESModule", path: path.resolve(file) })),
  modulesRoot: path.dirname(path.resolve(main)),
  kvNamespaces: ["KV"],
  r2Buckets: ["BUCKET"],
  ...bindings,
});

const start = () =>
  new Miniflare({
    log: new Stderr(LogLevel.ERROR),
    cf: false, // else it asks the network for a sample of `request.cf`
    host: "127.0.0.1",
    port: 0,
    kvPersist: path.resolve(state, "kv"),
    r2Persist: path.resolve(state, "r2"),
    durableObjectsPersist: path.resolve(state, "do"),
    cachePersist: path.resolve(state, "cache"),
    handleRuntimeStdio(stdout, stderr) {
      stdout.pipe(process.stderr);
      stderr.pipe(process.stderr);
    },
    workers: [
      worker("corpus", {
        bindings: { TEXT: "a text", JSON: { a: [1, "b", null] }, EMPTY: "" },
        durableObjects: {
          ONE: { className: "One", useSQLite: true },
          OTHER: { className: "Other", useSQLite: true },
        },
        serviceBindings: {
          SERVICE: "second",
          NAMED: { name: "second", entrypoint: "Named", props: { from: "corpus", list: [1, 2] } },
          PLAIN: { name: "second", entrypoint: "Named" },
        },
      }),
      worker("second", {
        bindings: { TEXT: "the second's text" },
        durableObjects: {
          ONE: { className: "One", scriptName: "corpus", useSQLite: true },
          OWN: { className: "One", useSQLite: true },
        },
      }),
    ],
  });

const miniflare = start();

/** The processes that this one started: workerd. */
const children = () => process._getActiveHandles().filter((handle) => handle.constructor.name === "ChildProcess");

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);

say({ ready: (await miniflare.ready).origin });
for await (const line of readline.createInterface({ input: process.stdin })) {
  const { do: command, ms } = JSON.parse(line);
  if (command === "kill") {
    for (const child of children()) child.kill("SIGKILL");
    process.kill(process.pid, "SIGKILL");
  }
  if (command === "now") say({ now: Date.now() });
  if (command === "wait") {
    await new Promise((resolve) => setTimeout(resolve, ms));
    say({ waited: ms });
  }
  if (command === "end") break;
}
await miniflare.dispose();
say({ ended: true });
process.exit(0);
