// The Cloudflare side of the ABI in worker/ABI.md: hands the Worker (pmx_worker.wasm) its events, its bindings and its answers.
// It decides nothing: every status, header and body is written inside the wasm.
import { DurableObject, env as loadedEnv } from "cloudflare:workers";
import module from "./pmx_worker.wasm";

const ABI_VERSION = 1;
/** A task this old, in ms, that waits for no op can never go on: nothing is left that would wake it. */
const STUCK_TASK_MS = 60_000;
const SOCKET_OPEN = 1;
/** Sent on a socket that could not take a message ("internal error", RFC 6455 §7.4.1). */
const SOCKET_FAILED = 1011;

// ---- Frames

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const text = (bytes) => decoder.decode(bytes);

/** One frame of fields that are strings or bytes. */
function encode(fields) {
  const parts = fields.map((field) => (typeof field === "string" ? encoder.encode(field) : new Uint8Array(field)));
  const frame = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(frame.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    frame.set(part, at + 4);
    at += 4 + part.length;
  }
  return frame;
}

/** The fields of a frame, as views of it. */
function decode(frame) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const fields = [];
  for (let at = 0; at < frame.length; ) {
    const length = view.getUint32(at, true);
    fields.push(frame.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

/** Headers from the pairs at the end of a frame. */
function headersFrom(pairs) {
  const headers = new Headers();
  for (let i = 0; i + 1 < pairs.length; i += 2) headers.append(text(pairs[i]), text(pairs[i + 1]));
  return headers;
}

// ---- Ops: each returns the fields after `ok`, or null for `none`, and throws for `err`. What the answer leaves open
// (a body, a socket) goes to `op.held`.

const OPS = {
  async "kv.get"({ env }, key) {
    const value = await env.SPACE_KV.get(text(key), "arrayBuffer");
    return value && [value];
  },
  async "kv.put"({ env }, key, value) {
    await env.SPACE_KV.put(text(key), value);
    return [];
  },
  async "r2.head"({ env }, key) {
    const object = await env.BUCKET.head(text(key));
    return object && [String(object.size)];
  },
  async "r2.get"({ env, op }, key, offset, length) {
    const range = offset.length ? { offset: Number(text(offset)), length: Number(text(length)) } : undefined;
    const object = await env.BUCKET.get(text(key), { range });
    op.held = object?.body;
    return object && [String(object.size)];
  },
  async "r2.read"({ env }, key, max) {
    const object = await env.BUCKET.get(text(key));
    if (object?.size > Number(text(max))) {
      release(object.body);
      throw new Error(`too large: ${object.size} bytes`);
    }
    return object && [await object.arrayBuffer()];
  },
  async "r2.put"({ env, task }, key, sha256) {
    const body = requestOf(task).body ?? new Uint8Array(0);
    const options = { onlyIf: { etagDoesNotMatch: "*" }, sha256: text(sha256) };
    return [(await env.BUCKET.put(text(key), body, options)) ? "stored" : "exists"];
  },
  async "body.read"({ task }, max) {
    return [await readAtMost(requestOf(task).body, Number(text(max)))];
  },
  async "object.fetch"({ env, op }, name, method, path, body, ...pairs) {
    const init = { method: text(method), headers: headersFrom(pairs), body: body.length ? body : undefined, redirect: "manual" };
    const response = await env.SPACE_DO.getByName(text(name)).fetch(`https://object${text(path)}`, init);
    op.held = response.webSocket;
    return [String(response.status), response.webSocket ? "1" : "", await response.arrayBuffer(), ...[...response.headers].flat()];
  },
  // The promises of these two are settled when they return, so the answer comes within the turn and its transaction.
  async "alarm.set"({ state }, at) {
    await state.storage.setAlarm(Number(text(at)));
    return [];
  },
  async "alarm.get"({ state }) {
    const at = await state.storage.getAlarm();
    return at === null ? null : [String(at)];
  },
  async sleep(_, ms) {
    await new Promise((wake) => setTimeout(wake, Number(text(ms))));
    return [];
  },
};

function requestOf(task) {
  if (!task.request) throw new Error("this event has no body of its own");
  return task.request;
}

async function readAtMost(stream, max) {
  const chunks = [];
  let size = 0;
  const reader = stream?.getReader();
  for (let next; reader && !(next = await reader.read()).done; chunks.push(next.value)) {
    size += next.value.length;
    if (size <= max) continue;
    reader.cancel().catch(() => {});
    throw new Error("too large");
  }
  return new Blob(chunks).arrayBuffer();
}

/** Gives up a body or a socket that nobody took. It may belong to a request that is gone: then there is nothing left to give up. */
function release(held) {
  try {
    if (held instanceof WebSocket) {
      held.accept();
      held.close(1001);
    } else {
      held?.cancel().catch(() => {});
    }
  } catch {}
}

// ---- SQL

/** A typed field as what `exec` binds: a number becomes a REAL, whatever it is. */
function bound(field) {
  const value = field.subarray(1);
  const type = String.fromCharCode(field[0]);
  if (type === "n") return null;
  if (type === "b") return value;
  return type === "t" ? text(value) : Number(text(value));
}

function typed(value) {
  if (value === null) return "n";
  if (typeof value === "string") return `t${value}`;
  if (typeof value === "number") return `${Number.isSafeInteger(value) ? "i" : "r"}${value}`;
  const field = new Uint8Array(1 + value.byteLength);
  field[0] = "b".charCodeAt(0);
  field.set(new Uint8Array(value), 1);
  return field;
}

function query(state, [statement, ...bindings]) {
  try {
    const cursor = state.storage.sql.exec(text(statement), ...bindings.map(bound));
    const rows = [...cursor.raw()];
    return ["ok", String(cursor.columnNames.length), String(rows.length), ...rows.flat().map(typed)];
  } catch (error) {
    return ["err", messageOf(error)];
  }
}

const messageOf = (error) => String(error?.message ?? error);

// ---- Tasks and instances

/** One event inside the guest: promises of its answer and of its end. */
class Task {
  begun = Date.now();
  ops = new Map();

  /** `wanted`: whether the event is one that is answered. `request`: given where its body stays on this side. */
  constructor(wanted, request) {
    this.answered = !wanted;
    this.request = request;
    this.response = new Promise((resolve) => (this.answer = resolve));
    this.finished = new Promise((resolve) => (this.finish = resolve));
  }

  waits() {
    return [...this.ops.values()].some((op) => op.pending);
  }

  /** Gives up what the task still holds. */
  release() {
    for (const op of this.ops.values()) op.drop();
    this.ops.clear();
    if (this.request && !this.request.bodyUsed) release(this.request.body);
  }

  /** Settles both promises. Where an answer was wanted and the guest gave none, it is a 500. */
  end() {
    this.release();
    if (!this.answered) this.answer(internalError());
    this.answered = true;
    this.finish();
  }
}

/** A binding call that the guest has begun: pending, then perhaps holding a body or socket. */
class Op {
  pending = true;

  constructor(task) {
    this.task = task;
  }

  drop() {
    this.dropped = true;
    release(this.take());
  }

  take() {
    const held = this.held;
    this.held = undefined;
    return held;
  }
}

/** The only answer that the shim writes itself: the guest trapped, or ended without one. Its shape is that of API.md. */
function internalError() {
  const requestId = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  console.error(`request ${requestId} got no answer from the Worker`);
  const error = { code: "internal", message: "the Worker stopped unexpectedly" };
  return Response.json({ error, requestId }, { status: 500, headers: { "cache-control": "no-store", "pmx-request-id": requestId } });
}

/** One instance of the wasm: shared by all requests of an isolate, or owned by one Durable Object (`state`). */
class Guest {
  tasks = new Map();
  ops = new Map();
  lastTask = 0;
  inside = false;
  dead = false;

  constructor(env, state) {
    this.env = env;
    this.state = state;
    this.wasm = new WebAssembly.Instance(module, { pmx: this.imports() }).exports;
    const version = this.wasm.abi_version?.();
    if (version !== ABI_VERSION) {
      throw new Error(`pmx_worker.wasm speaks ABI version ${version}, worker.mjs ${ABI_VERSION}: deploy both from one bundle`);
    }
  }

  /** Begins an event. */
  start(kind, fields, request) {
    const task = new Task(kind.endsWith("fetch"), request);
    const id = (this.lastTask = (this.lastTask + 1) >>> 0);
    this.tasks.set(id, task);
    this.enter(task, () => this.wasm.start(id, ...this.place([kind, ...fields])));
    return task;
  }

  /** The answer to an op, called in the I/O context of the task that issued it. */
  resume(id, op, answer) {
    // Promises settle only when no wasm is on the stack; this holds even if a platform call should break that.
    if (this.inside) return queueMicrotask(() => this.resume(id, op, answer));
    op.pending = false;
    this.ops.delete(id);
    if (this.dead) op.task.end();
    if (op.dropped) return release(op.take());
    if (op.held) this.ops.set(id, op);
    else op.task.ops.delete(id);
    this.enter(op.task, () => this.wasm.resume(id, ...this.place(answer)));
  }

  /**
   * Runs the guest once. An exception that leaves it is a trap, and the instance cannot be trusted any more. Only the
   * task that ran is answered here; the others are when their own ops answer (`resume`), since a request must not be
   * completed from the I/O context of another.
   */
  enter(task, call) {
    this.inside = true;
    try {
      call();
    } catch (error) {
      this.dead = true;
      console.error(`the Worker trapped: ${error?.stack ?? error}`);
      // In the same turn, so that the platform discards its writes: after an exception alone it would keep them.
      this.state?.abort("the Worker trapped");
      task?.end();
    } finally {
      this.inside = false;
    }
  }

  /** Copies a frame into the guest. The view is new each time: `alloc` may have grown (and so moved) the memory. */
  place(fields) {
    const frame = encode(fields);
    const ptr = this.wasm.alloc(frame.length) >>> 0;
    new Uint8Array(this.wasm.memory.buffer, ptr, frame.length).set(frame);
    return [ptr, frame.length];
  }

  placePacked(fields) {
    const [ptr, length] = this.place(fields);
    return (BigInt(ptr) << 32n) | BigInt(length);
  }

  /** A copy of the guest's bytes: the platform may use them after the guest has gone on. */
  bytes(ptr, length) {
    return new Uint8Array(this.wasm.memory.buffer.slice(ptr >>> 0, (ptr >>> 0) + length));
  }

  /** Drops tasks that can never end. The oldest come first, so this looks at a few at most. */
  sweep() {
    for (const [id, task] of this.tasks) {
      if (Date.now() - task.begun < STUCK_TASK_MS || this.dead) return;
      if (task.waits()) continue;
      // Their promises stay as they are: they belong to requests that the platform has given up.
      this.forget(id).release();
      this.enter(undefined, () => this.wasm.abort(id));
    }
  }

  forget(id) {
    const task = this.tasks.get(id);
    this.tasks.delete(id);
    for (const op of task?.ops.keys() ?? []) this.ops.delete(op);
    return task;
  }

  begin(taskId, id, [name, ...args]) {
    const task = this.tasks.get(taskId);
    if (!task) return;
    const op = new Op(task);
    task.ops.set(id, op);
    this.ops.set(id, op);
    // An async function runs to its first await at once: the platform's call has begun when this returns.
    const call = async () => OPS[text(name)]({ env: this.env, state: this.state, task, op }, ...args);
    call()
      .then((fields) => (fields ? ["ok", ...fields] : ["none"]), (error) => ["err", messageOf(error)])
      .then((answer) => this.resume(id, op, answer));
  }

  respond(task, [status, kind, argument, ...pairs]) {
    const init = { status: Number(text(status)), headers: headersFrom(pairs) };
    const held = () => {
      const taken = this.ops.get(Number(text(argument)))?.take();
      if (!taken) throw new Error(`op ${text(argument)} holds nothing`);
      return taken;
    };
    switch (text(kind)) {
      case "bytes":
        return new Response(argument, init);
      case "r2":
        return new Response(held(), init);
      case "socket":
        return new Response(null, { ...init, webSocket: held() });
      case "accept": {
        const [client, server] = Object.values(new WebSocketPair());
        this.state.acceptWebSocket(server, [text(argument)]);
        return new Response(null, { ...init, webSocket: client });
      }
      default:
        return new Response(null, init);
    }
  }

  sockets(tag) {
    return this.state?.getWebSockets(text(tag) || undefined) ?? [];
  }

  send([tag, ...frames]) {
    const messages = frames.map(text);
    return this.sockets(tag).filter((socket) => {
      if (socket.readyState !== SOCKET_OPEN) return false;
      try {
        for (const message of messages) socket.send(message);
        return true;
      } catch (error) {
        close(socket, SOCKET_FAILED, messageOf(error).slice(0, 100));
        return false;
      }
    }).length;
  }

  imports() {
    const frame = (ptr, length) => decode(this.bytes(ptr, length));
    return {
      op: (task, op, ptr, length) => this.begin(task >>> 0, op >>> 0, frame(ptr, length)),
      cancel: (op) => this.ops.get(op >>> 0)?.drop(),
      respond: (id, ptr, length) => {
        const task = this.tasks.get(id >>> 0);
        if (!task || task.answered) return;
        task.answered = true;
        try {
          task.answer(this.respond(task, frame(ptr, length)));
        } catch (error) {
          console.error(`the platform refused the answer: ${messageOf(error)}`);
          task.answer(internalError());
        }
      },
      done: (task) => this.forget(task >>> 0)?.end(),
      sql: (ptr, length) => this.placePacked(this.state ? query(this.state, frame(ptr, length)) : ["err", "no SQL outside a Durable Object"]),
      send: (ptr, length) => this.send(frame(ptr, length)),
      close: (ptr, length) => {
        const [tag, code, reason] = frame(ptr, length);
        for (const socket of this.sockets(tag)) close(socket, text(code) && Number(text(code)), text(reason));
      },
      env: (ptr, length) => {
        const value = this.env[text(this.bytes(ptr, length))];
        return this.placePacked(typeof value === "string" ? [value] : []);
      },
      now: () => Date.now(),
      random: (ptr, length) => crypto.getRandomValues(new Uint8Array(this.wasm.memory.buffer, ptr >>> 0, length)),
      log: (level, ptr, length) => console[["error", "warn", "info"][level - 1] ?? "debug"](text(this.bytes(ptr, length))),
    };
  }
}

function close(socket, code, reason) {
  try {
    if (code) socket.close(code, reason);
    else socket.close();
  } catch {} // one that is closed already, or a code that may not be sent
}

// ---- Events

// Made at load, so that a wasm and a shim that do not belong together are refused when they are deployed.
let isolate = new Guest(loadedEnv);

export default {
  async fetch(request, env, ctx) {
    isolate.sweep();
    if (isolate.dead) isolate = new Guest(env);
    const task = isolate.start("fetch", [request.method, request.url, ...[...request.headers].flat()], request);
    ctx.waitUntil(task.finished);
    return task.response;
  },
};

export class SpaceDO extends DurableObject {
  constructor(state, env) {
    super(state, env);
    this.guest = new Guest(env, state);
  }

  get name() {
    return this.ctx.id.name ?? "";
  }

  async fetch(request) {
    const body = await request.arrayBuffer();
    const fields = [this.name, request.method, request.url, body, ...[...request.headers].flat()];
    return this.guest.start("object.fetch", fields).response;
  }

  alarm(info) {
    return this.guest.start("object.alarm", [this.name, String(info?.retryCount ?? 0)]).finished;
  }

  webSocketMessage(socket, data) {
    const kind = typeof data === "string" ? "text" : "binary";
    return this.guest.start("object.message", [this.name, this.tag(socket), kind, data]).finished;
  }

  webSocketClose(socket, code, reason, clean) {
    return this.guest.start("object.close", [this.name, this.tag(socket), String(code), reason, clean ? "1" : ""]).finished;
  }

  webSocketError(socket, error) {
    return this.guest.start("object.error", [this.name, this.tag(socket), messageOf(error)]).finished;
  }

  tag(socket) {
    return this.ctx.getTags(socket)[0] ?? "";
  }
}
