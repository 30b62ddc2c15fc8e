// HTTP and WebSockets with a Host of one's own, and a record of everything that came back.
import http from "node:http";
import { WebSocket } from "ws";
import { sha256 } from "./site.mjs";

const DEADLINE_MS = 10_000;
/** How long after the closing handshake the server may take to hang up: workerd leaves that to the client. */
const CLOSE_TIMEOUT_MS = 200;
/** Longer bodies are recorded by their hash. */
const SHOWN_BODY = 8 * 1024;
/** What the connection adds, not the Worker. */
const HOP_HEADERS = new Set(["date", "connection", "keep-alive", "transfer-encoding", "sec-websocket-accept"]);

export class Client {
  /** What came back so far, in order. */
  results = [];
  sockets = new Map();

  constructor(base) {
    this.base = new URL(base);
  }

  /**
   * One request with its answer, recorded under `name`. `path` goes out as it is, unresolved.
   * `headersOnly` sends no byte of a body, whatever `content-length` says, and hangs up after the answer.
   */
  async http(name, host, method, path, { headers = {}, body, headersOnly = false } = {}) {
    const answer = await new Promise((resolve, reject) => {
      const request = http.request({
        host: this.base.hostname,
        port: this.base.port,
        method,
        path,
        // A connection for each: workerd closes one whose request body was not read.
        agent: false,
        headers: { host, "accept-encoding": "identity", ...headers },
        timeout: DEADLINE_MS,
      });
      request.on("timeout", () => request.destroy(new Error(`no answer in ${DEADLINE_MS} ms`)));
      request.on("error", reject);
      request.on("response", async (response) => {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ status: response.statusCode, headers: shown(response.rawHeaders), bytes: Buffer.concat(chunks) });
        request.destroy();
      });
      if (headersOnly) request.flushHeaders();
      else request.end(body);
    }).catch((error) => ({ failed: error.code ?? error.message, headers: {}, bytes: Buffer.alloc(0) }));
    const { bytes, ...rest } = answer;
    this.results.push({ name, request: `${method} ${host}${path.slice(0, 200)}`, ...rest, body: shownBody(bytes) });
    return { ...answer, json: () => objectFrom(bytes) };
  }

  /** Opens a socket under a name. A handshake that is refused is recorded with its answer. */
  async open(name, host, path, headers = {}) {
    const socket = new WebSocket(`ws://${this.base.host}${path}`, {
      headers: { host, ...headers },
      perMessageDeflate: false,
      handshakeTimeout: DEADLINE_MS,
      closeTimeout: CLOSE_TIMEOUT_MS,
    });
    const entry = { socket, frames: [], closed: undefined, wake: () => {} };
    socket.on("message", (data, binary) => {
      entry.frames.push(binary ? `binary ${data.toString("hex")}` : data.toString());
      entry.wake();
    });
    socket.on("close", (code, reason) => {
      entry.closed = { code, reason: reason.toString() };
      entry.wake();
    });
    const result = await new Promise((resolve) => {
      let upgrade;
      socket.on("upgrade", (response) => (upgrade = { status: 101, headers: shown(response.rawHeaders) }));
      socket.on("open", () => resolve(upgrade));
      socket.on("error", (error) => resolve({ failed: error.code ?? error.message }));
      socket.on("unexpected-response", async (request, response) => {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        request.destroy();
        resolve({ status: response.statusCode, headers: shown(response.rawHeaders), body: shownBody(Buffer.concat(chunks)) });
      });
    });
    this.results.push({ name, request: `WebSocket ${host}${path}`, ...result });
    if (result.status === 101) this.sockets.set(name, entry);
  }

  /** Waits until the socket has received `count` frames in all. */
  frames(name, count) {
    return this.#until(name, (entry) => entry.frames.length >= count, `${count} frames`);
  }

  closed(name) {
    return this.#until(name, (entry) => entry.closed, "the close");
  }

  async #until(name, reached, what) {
    const entry = this.sockets.get(name) ?? { frames: [] };
    const end = Date.now() + DEADLINE_MS;
    while (!reached(entry) && Date.now() < end) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, end - Date.now());
        entry.wake = () => (clearTimeout(timer), resolve());
      });
    }
    if (!reached(entry)) this.results.push({ name: `${name}: waited in vain for ${what}` });
  }

  /** Records what every socket received, and drops those that are open. */
  finish() {
    for (const [name, { socket, frames, closed }] of this.sockets) {
      this.results.push({ name: `${name}: what it received`, frames, closed: closed ?? "open" });
      socket.terminate();
    }
  }

  /** The record as JSON, in which ids and times are numbered or blanked so that two runs can be compared. */
  document() {
    const seen = { uuid: new Map(), id: new Map() };
    const numbered = (kind) => (found) => {
      if (!seen[kind].has(found)) seen[kind].set(found, `<${kind} ${seen[kind].size + 1}>`);
      return seen[kind].get(found);
    };
    return JSON.stringify(this.results, null, 1)
      .replace(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, numbered("uuid"))
      .replace(/(?<![0-9a-zA-Z])[0-9a-f]{16}(?![0-9a-zA-Z])/g, numbered("id"))
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, "<time>")
      .replaceAll(this.base.host, "<address>");
  }
}

/** The script goes on after a wrong answer: the record shows it. */
function objectFrom(bytes) {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return {};
  }
}

function shown(raw) {
  const pairs = [];
  for (let i = 0; i < raw.length; i += 2) pairs.push([raw[i].toLowerCase(), raw[i + 1]]);
  return Object.fromEntries(pairs.filter(([name]) => !HOP_HEADERS.has(name)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function shownBody(bytes) {
  const text = bytes.toString("utf8");
  const readable = bytes.length <= SHOWN_BODY && Buffer.from(text).equals(bytes) && !/[\0-\x08\x0e-\x1f]/.test(text);
  return readable ? text : `${bytes.length} bytes, sha256 ${sha256(bytes)}`;
}
