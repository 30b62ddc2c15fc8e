// The Cloudflare side of the ABI (worker/ABI.md): hands a Worker its events, its bindings and its answers. It decides nothing: every status,
// header and body is written inside the wasm. `worker.mjs` beside it says which wasm, which classes and which entrypoints.
import { DurableObject, WorkerEntrypoint, env as loadedEnv } from "cloudflare:workers";
import { Bodies } from "./pmx_bodies.mjs";
import { CALLS } from "./pmx_calls.mjs";
import { decode, encode, errorFields, flag, headerFields, headersFrom, messageOf, number, text } from "./pmx_frame.mjs";
import { OPS, kindOf } from "./pmx_ops.mjs";

const ABI_VERSION = 2;
/** A task this old, in ms, that waits for no op can never go on: nothing is left that would wake it. */
const STUCK_TASK_MS = 60_000;
/** Up to this size the body of a request to an object comes with the event, in bytes. */
const INLINE_BODY = 64 * 1024;
/** Sent on a socket that nobody took ("going away", RFC 6455 §7.4.1). */
const GOING_AWAY = 1001;

// ---- Tasks

/** One event inside the guest: promises of its answer and of its end. */
class Task {
  begun = Date.now();
  ops = new Map();
  bodies = new Set();
  /** Sockets that bindings answered with, by handle. */
  sockets = new Map();

  /** `context`: the `ctx` of the event. `isAnswered`: whether the guest is expected to answer. */
  constructor(guest, context, isAnswered) {
    this.guest = guest;
    this.context = context;
    this.answered = !isAnswered;
    this.response = new Promise((resolve, reject) => {
      this.answer = resolve;
      this.refuse = reject;
    });
    this.finished = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    // Whoever wants them takes them; one that nobody took is no error.
    this.response.catch(() => {});
    this.finished.catch(() => {});
  }

  waits() {
    return [...this.ops.values()].some((op) => op.pending);
  }

  /** Gives up what the task still holds. */
  release() {
    for (const op of this.ops.values()) op.drop();
    this.ops.clear();
    for (const handle of [...this.bodies]) this.guest.bodies.drop(handle);
    for (const socket of this.sockets.values()) hangUp(socket);
    this.sockets.clear();
  }

  /** Settles both promises. Where an answer was wanted and the guest gave none, it is a 500. */
  end() {
    this.release();
    if (!this.answered) this.answer(internalError());
    this.answered = true;
    if (this.error) this.fail(this.error);
    else this.finish();
  }
}

/** A binding call that the guest has begun. */
class Op {
  pending = true;
  /** Bodies and sockets that its answer brings. */
  handles = [];
  socketHandles = [];

  constructor(guest, task) {
    this.guest = guest;
    this.task = task;
    this.env = guest.env;
    this.state = guest.state;
  }

  holdSocket(socket) {
    const handle = ++this.guest.lastSocketHandle;
    this.task.sockets.set(handle, socket);
    this.socketHandles.push(handle);
    return String(handle);
  }

  drop() {
    this.dropped = true;
  }

  /** Gives up what an answer brought that is not wanted any more. */
  release() {
    for (const handle of this.handles) this.guest.bodies.drop(handle);
    for (const handle of this.socketHandles) {
      const socket = this.task.sockets.get(handle);
      this.task.sockets.delete(handle);
      if (socket) hangUp(socket);
    }
  }
}

/** It may belong to a request that is gone: then there is nothing left to hang up. */
function hangUp(socket) {
  try {
    socket.accept();
    socket.close(GOING_AWAY);
  } catch {}
}

/** The only answer that the shim writes itself: the guest trapped, or ended without one. Its shape is that of API.md. */
function internalError() {
  const requestId = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  console.error(`request ${requestId} got no answer from the Worker`);
  const error = { code: "internal", message: "the Worker stopped unexpectedly" };
  return Response.json({ error, requestId }, { status: 500, headers: { "cache-control": "no-store", "pmx-request-id": requestId } });
}

/** The accepted sockets of an object as its guest knows them. */
class Sockets {
  #numbers = new WeakMap();
  #sockets = new Map();
  #last = 0;

  number(socket) {
    let number = this.#numbers.get(socket);
    if (number === undefined) {
      number = ++this.#last;
      this.#numbers.set(socket, number);
      this.#sockets.set(number, socket);
    }
    return number;
  }

  get(number) {
    return this.#sockets.get(number);
  }

  forget(socket) {
    this.#sockets.delete(this.#numbers.get(socket));
  }
}

// ---- Instances

/** One instance of the wasm: shared by all requests of an isolate, or owned by one Durable Object (`state`). */
class Guest {
  tasks = new Map();
  ops = new Map();
  bodies = new Bodies();
  sockets = new Sockets();
  lastTask = 0;
  lastSocketHandle = 0;
  inside = false;
  dead = false;

  constructor(module, env, state) {
    this.env = env;
    this.state = state;
    this.wasm = new WebAssembly.Instance(module, { pmx: this.imports() }).exports;
    const version = this.wasm.abi_version?.();
    if (version !== ABI_VERSION) {
      throw new Error(`the wasm speaks ABI version ${version}, pmx_shim.mjs ${ABI_VERSION}: deploy both from one bundle`);
    }
  }

  /** Begins an event. `fields` makes its fields, some of which the task holds. */
  start(kind, context, fields) {
    const task = new Task(this, context, kind.endsWith("fetch"));
    const id = (this.lastTask = (this.lastTask + 1) >>> 0 || 1);
    this.tasks.set(id, task);
    const frame = [kind, ...fields(task)];
    this.enter(task, () => this.wasm.start(id, ...this.place(frame)));
    return task;
  }

  /** The fields of a request; its body stays on this side, unless its bytes are given. */
  request(task, request, bytes) {
    const body = bytes ? ["bytes", bytes] : this.bodies.received(task, request.body);
    return [request.method, request.url, ...body, ...headerFields(request.headers)];
  }

  /** The answer to an op, called in the I/O context of the task that issued it. */
  resume(id, op, answer) {
    // Promises settle only when no wasm is on the stack; this holds even if a platform call should break that.
    if (this.inside) return queueMicrotask(() => this.resume(id, op, answer));
    op.pending = false;
    this.ops.delete(id);
    op.task.ops.delete(id);
    if (this.dead) op.task.end();
    if (op.dropped || this.dead) return op.release();
    this.enter(op.task, () => this.wasm.resume(id, ...this.place(answer)));
  }

  /**
   * Runs the guest once. An exception that leaves it is a trap, and the instance cannot be trusted any more. Only the
   * task that ran is answered here; the others are when their own ops answer (`resume`), since a request must not be
   * completed from the I/O context of another.
   */
  enter(task, call) {
    this.inside = true;
    this.running = task;
    try {
      call();
    } catch (error) {
      this.dead = true;
      if (this.aborted) throw error;
      console.error(`the Worker trapped: ${error?.stack ?? error}`);
      // In the same turn, so that the platform discards its writes: after an exception alone it would keep them.
      this.state?.abort("the Worker trapped");
      task?.end();
    } finally {
      this.inside = false;
      this.running = undefined;
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
    const op = new Op(this, task);
    task.ops.set(id, op);
    this.ops.set(id, op);
    // An async function runs to its first await at once: the platform's call has begun when this returns.
    const call = async () => {
      const run = OPS[text(name)];
      if (!run) throw new Error(`there is no op \`${text(name)}\``);
      return run(op, ...args);
    };
    call()
      .then((fields) => (fields ? ["ok", ...fields] : ["none"]), errorFields)
      .then((answer) => this.resume(id, op, answer));
  }

  call([name, ...args]) {
    const run = CALLS[text(name)];
    if (!run) return errorFields(new Error(`there is no call \`${text(name)}\``));
    try {
      const fields = run({ guest: this, task: this.running }, ...args);
      return fields ? ["ok", ...fields] : ["none"];
    } catch (error) {
      // What ends the instance goes through the guest, which is not to go on.
      if (this.aborted || error instanceof WebAssembly.RuntimeError) throw error;
      return errorFields(error);
    }
  }

  respond(task, [status, kind, argument, ...pairs]) {
    const init = { status: number(status), headers: headersFrom(pairs) };
    switch (text(kind)) {
      case "socket": {
        const webSocket = task.sockets.get(number(argument));
        if (!webSocket) throw new Error(`there is no socket ${text(argument)}`);
        task.sockets.delete(number(argument));
        return new Response(null, { ...init, webSocket });
      }
      case "accept": {
        const [client, server] = Object.values(new WebSocketPair());
        this.state.acceptWebSocket(server, decode(argument).map(text));
        return new Response(null, { ...init, webSocket: client });
      }
      default: {
        const { body, encoded } = this.bodies.take(task, kind, argument);
        // The Worker's bytes are what its headers say; what the platform decoded for it is encoded again.
        return new Response(body, { ...init, encodeBody: encoded ? "automatic" : "manual" });
      }
    }
  }

  answer(task, fields) {
    const [, kind, argument] = fields;
    if (text(kind) === "error") {
      // As if the handler had thrown.
      task.error = new Error(text(argument));
      task.refuse(task.error);
      task.answered = true;
      return;
    }
    if (task.answered) return;
    task.answered = true;
    try {
      task.answer(this.respond(task, fields));
    } catch (error) {
      console.error(`the platform refused the answer: ${messageOf(error)}`);
      if (this.state) task.refuse(error);
      else task.answer(internalError());
    }
  }

  variable(name) {
    const value = this.env[name];
    if (typeof value === "string") return ["text", value];
    return value === undefined || isPlatform(value) ? [] : ["json", JSON.stringify(value)];
  }

  imports() {
    const frame = (ptr, length) => decode(this.bytes(ptr, length));
    const name = (ptr, length) => text(this.bytes(ptr, length));
    return {
      op: (task, op, ptr, length) => {
        this.begin(task >>> 0, op >>> 0, frame(ptr, length));
        return 0n;
      },
      cancel: (op) => this.ops.get(op >>> 0)?.drop(),
      respond: (id, ptr, length) => {
        const task = this.tasks.get(id >>> 0);
        if (task) this.answer(task, frame(ptr, length));
      },
      done: (task) => this.forget(task >>> 0)?.end(),
      call: (ptr, length) => this.placePacked(this.call(frame(ptr, length))),
      env: (ptr, length) => this.placePacked(this.variable(name(ptr, length))),
      binding: (ptr, length) => {
        const kind = kindOf(this.env[name(ptr, length)]);
        return this.placePacked(kind ? [kind] : []);
      },
      now: () => Date.now(),
      random: (ptr, length) => crypto.getRandomValues(new Uint8Array(this.wasm.memory.buffer, ptr >>> 0, length)),
      log: (level, ptr, length) => console[["error", "warn", "info"][level - 1] ?? "debug"](name(ptr, length)),
    };
  }
}

/** Whether a value of `env` is a binding, and not one that the configuration spells out. */
function isPlatform(value) {
  const prototype = Object(value) === value ? Object.getPrototypeOf(value) : null;
  return prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype;
}

// ---- Events

/** A Worker: what its entry exports. */
export class Program {
  constructor(module) {
    this.module = module;
    // Made at load, so that a wasm and a shim that do not belong together are refused when they are deployed.
    this.isolate = new Guest(module, loadedEnv);
  }

  start(kind, env, context, fields, request) {
    this.isolate.sweep();
    if (this.isolate.dead) this.isolate = new Guest(this.module, env);
    const { isolate } = this;
    const task = isolate.start(kind, context, (task) => [...fields, ...isolate.request(task, request)]);
    context.waitUntil(task.finished.catch(() => {}));
    return task.response;
  }

  /** The default export. */
  get handler() {
    return { fetch: (request, env, context) => this.start("fetch", env, context, [], request) };
  }

  /** The class of an entrypoint of this name. */
  entrypoint(name) {
    const program = this;
    return class extends WorkerEntrypoint {
      fetch(request) {
        // Without any the platform says `{}`.
        const props = JSON.stringify(this.ctx.props ?? {});
        const fields = [name, props === "{}" ? "" : props];
        return program.start("entrypoint.fetch", this.env, this.ctx, fields, request);
      }
    };
  }

  /** The class of Durable Objects of this name. */
  object(name) {
    const { module } = this;
    return class extends DurableObject {
      constructor(state, env) {
        super(state, env);
        this.guest = new Guest(module, env, state);
      }

      start(kind, fields) {
        const { id } = this.ctx;
        const object = [name, String(id), flag(id.name !== undefined), id.name ?? ""];
        return this.guest.start(`object.${kind}`, this.ctx, (task) => [...object, ...fields(task)]);
      }

      async fetch(request) {
        const length = request.headers.get("content-length");
        const isSmall = request.body && length !== null && Number(length) <= INLINE_BODY;
        const bytes = isSmall ? await request.arrayBuffer() : undefined;
        return this.start("fetch", (task) => this.guest.request(task, request, bytes)).response;
      }

      alarm(info) {
        return this.start("alarm", () => [String(info?.retryCount ?? 0), String(info?.scheduledTime ?? 0)]).finished;
      }

      webSocketMessage(socket, data) {
        const kind = typeof data === "string" ? "text" : "binary";
        return this.start("message", () => [...this.socket(socket), kind, data]).finished;
      }

      webSocketClose(socket, code, reason, clean) {
        return this.last(socket, this.start("close", () => [...this.socket(socket), String(code), reason, flag(clean)]));
      }

      webSocketError(socket, error) {
        return this.last(socket, this.start("error", () => [...this.socket(socket), messageOf(error)]));
      }

      socket(socket) {
        return [String(this.guest.sockets.number(socket)), encode(this.ctx.getTags(socket))];
      }

      /** The socket is known until its last event has ended. */
      last(socket, task) {
        return task.finished.finally(() => this.guest.sockets.forget(socket));
      }
    };
  }
}
