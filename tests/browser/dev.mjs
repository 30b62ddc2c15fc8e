// The real `pmx dev`, with what it says.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { until } from "./browser.mjs";

const BINARY = process.env.PMX_BINARY ?? fileURLToPath(new URL("../../target/debug/pmx", import.meta.url));

export class Dev {
  events = [];
  /** What it said to people. */
  talk = "";

  /** Serves the site in `folder`, on a free port unless it is told one, once it is ready; its state goes to `state`. */
  static async start(folder, state, { port = 0, site = ["--site", "tried"], more = [] } = {}) {
    const dev = new Dev();
    dev.child = spawn(BINARY, ["dev", "--quiet", "--json", "--port", String(port), ...site, "--state", state, ...more, folder], { stdio: ["ignore", "pipe", "pipe"] });
    dev.child.stderr.on("data", (data) => (dev.talk += data));
    createInterface({ input: dev.child.stdout }).on("line", (line) => dev.events.push(JSON.parse(line)));
    await until(() => dev.of("ready").length || dev.child.exitCode !== null, "the server");
    assert.equal(dev.child.exitCode, null, dev.talk);
    dev.url = dev.of("ready")[0].url;
    dev.state = state;
    return dev;
  }

  /** What `pmx console` says: `url` has the token. */
  async console() {
    const { stdout } = await promisify(execFile)(BINARY, ["console", "--json", "--no-open", "--state", this.state]);
    return JSON.parse(stdout);
  }

  /** The events of a kind, of those after the first `since`. */
  of(kind, since = 0) {
    return this.events.slice(since).filter(({ event }) => event === kind);
  }

  async stop() {
    this.child.kill("SIGTERM");
    await until(() => this.child.exitCode !== null || this.child.signalCode, "the server's end");
  }
}
