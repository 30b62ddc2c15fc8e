// Requests and responses: what the Worker sees of one, and how it makes one.
import { Escape, answered, bytes, present, shownBody, shownBytes, sleep } from "./values.mjs";
import { run, runAll } from "./run.mjs";

/** Answers of another Worker or object; JSON is shown as what it says. */
export async function shownResponse(response) {
  const isJson = response.body && response.headers.get("content-type") === "application/json";
  const body = isJson ? await response.json() : await shownBody(response);
  // Whether a length stands in a header is decided where the answer leaves the platform.
  const headers = headersOf(response).filter(([name]) => name !== "content-length");
  return { status: response.status, headers, body };
}

const headersOf = ({ headers }) => [...headers].filter(([name]) => name !== "x-do");

/** The arguments of a `fetch` through a binding. */
export function requestOf({ url, method, headers, body, redirect, do: ops }, context) {
  const pairs = new Headers(headers);
  if (ops) pairs.set("x-do", JSON.stringify(ops));
  return [url, present({ method, headers: pairs, body: bytes(body, context), redirect })];
}

/** What stands before a Worker adds these, here and in production, each in its own way. */
const ADDED = new Set(["accept-encoding", "cf-connecting-ip"]);

/** A request as whoever is asked sees it. */
async function seen({ request, entrypoint, props }) {
  const { method, url } = request;
  const headers = headersOf(request).filter(([name]) => !ADDED.has(name));
  return present({ method, url, headers, body: await shownBody(request), entrypoint, props });
}

/** Any request: the ops of its header `x-do` (`body`: those in its body) are run; without one it is shown. */
export async function answer(context) {
  const written = context.request.headers.get("x-do");
  try {
    if (written === null) return Response.json(await seen(context));
    const outcomes = await runAll(written === "body" ? await context.request.json() : JSON.parse(written), context);
    return context.response ?? Response.json(outcomes);
  } catch (error) {
    throw error instanceof Escape ? error.error : error;
  }
}

export const HTTP = {
  async respond(op, context) {
    const init = present({ status: op.status, headers: op.headers });
    if (op.r2) {
      const object = await context.env.BUCKET.get(op.r2, present({ range: op.range }));
      answered(context, () => new Response(object.body, init));
    } else {
      answered(context, () => new Response(bytes(op.body, context) ?? null, init));
    }
    return "responded";
  },
  async seen(_, context) {
    return seen(context);
  },
  /** The body in as many pieces as it is read in, put together; at most `max` bytes are wanted. */
  async "body.read"(_, { request }) {
    return shownBody(request);
  },
  /** The first piece of the body, then no more of it. */
  async "body.first"(_, { request }) {
    const { value: piece } = await request.body.getReader().read();
    return piece ? shownBytes(piece) : null;
  },
  async "service.fetch"(op, context) {
    return shownResponse(await context.env[op.binding ?? "SERVICE"].fetch(...requestOf(op, context)));
  },
  /** An entrypoint of this Worker, with props of the caller's. */
  async "export.fetch"(op, context) {
    const entrypoint = context.ctx.exports[op.entrypoint];
    return shownResponse(await entrypoint(present({ props: op.props })).fetch(...requestOf(op, context)));
  },
  async "service.upgrade"(op, context) {
    const headers = new Headers(context.request.headers);
    headers.set("x-do", JSON.stringify(op.do));
    context.response = await context.env[op.binding ?? "SERVICE"].fetch(op.url, { headers });
  },
  async "cache.put"(op, context) {
    const response = new Response(bytes(op.body, context), present({ status: op.status, headers: op.headers }));
    await (await cache(op)).put(new Request(op.url, present({ method: op.method })), response);
    return "stored";
  },
  async "cache.match"(op) {
    const found = await (await cache(op)).match(
      new Request(op.url, present({ method: op.method, headers: op.headers })),
      present({ ignoreMethod: op.ignoreMethod }),
    );
    return found ? shownResponse(found) : null;
  },
  async "cache.delete"(op) {
    return (await cache(op)).delete(new Request(op.url));
  },
  async fetch(op, context) {
    return shownResponse(await fetch(...requestOf(op, context)));
  },
  async variable(op, { env }) {
    return env[op.name] ?? null;
  },
  async sleep(op) {
    await sleep(op.ms);
    return "slept";
  },
  async now() {
    return Date.now();
  },
  async waitUntil(op, context) {
    context.ctx.waitUntil(runAll(op.do, context));
    return "promised";
  },
  async together(op, context) {
    return Promise.all(op.do.map((one) => run(one, context)));
  },
  async throw(op) {
    throw new Escape(new Error(op.message));
  },
  async hang() {
    await new Promise(() => {});
  },
  async spin() {
    for (;;);
  },
};

const cache = ({ cache: name }) => (name === undefined ? caches.default : caches.open(name));
