// The ops of the ABI (worker/ABI.md), one function for each: it returns the fields after `ok`, or null for `none`, and throws for `err`.
// Arguments are fields, as bytes. `op` says whose they are: `env`, `state` (in an object), `task`, `guest`.
import { decode, encode, flag, headerFields, headersFrom, number, pairs, text } from "./pmx_frame.mjs";

/** The classes of what can be bound, and what the ABI calls them. */
const KINDS = {
  KvNamespace: "kv",
  R2Bucket: "r2",
  DurableObjectNamespace: "object",
  Fetcher: "service",
  WorkerLoader: "loader",
};

export const kindOf = (bound) => (Object(bound) === bound ? KINDS[bound.constructor?.name] : undefined);

/** What is bound under a name, if it is of this kind. */
export function binding(env, name, kind) {
  const bound = env[text(name)];
  if (kindOf(bound) !== kind) throw new TypeError(`there is no ${kind} bound as \`${text(name)}\``);
  return bound;
}

const absent = (value) => (value === undefined || value === null ? "" : String(value));
const json = (value) => (value === undefined || value === null ? "" : JSON.stringify(value));

// ---- Requests

const HAS_WEBSOCKET = 101;

function requestFrom({ guest, task }, redirect, [method, url, kind, argument, ...headers]) {
  const { body } = guest.bodies.take(task, kind, argument);
  return new Request(text(url), { method: text(method), headers: headersFrom(headers), body, redirect });
}

/** Status, body, socket, headers. */
async function answerOf(op, response, inline) {
  const { headers, webSocket } = response;
  if (response.status === HAS_WEBSOCKET && webSocket) return ["101", "none", "", op.holdSocket(webSocket), ...headerFields(headers)];
  const encoded = headers.has("content-encoding");
  const length = headers.has("content-length") ? Number(headers.get("content-length")) : undefined;
  const body = await op.guest.bodies.answer(op, response.body, inline, { length, encoded });
  return [String(response.status), ...body, "", ...headerFields(headers)];
}

const REQUESTS = {
  async "object.fetch"(op, name, by, key, inline, ...request) {
    const namespace = binding(op.env, name, "object");
    const stub = text(by) === "id" ? namespace.get(namespace.idFromString(text(key))) : namespace.getByName(text(key));
    return answerOf(op, await stub.fetch(requestFrom(op, "manual", request)), inline);
  },
  async "service.fetch"(op, name, inline, redirect, ...request) {
    const service = binding(op.env, name, "service");
    return answerOf(op, await service.fetch(requestFrom(op, text(redirect) || "follow", request)), inline);
  },
  async "export.fetch"(op, name, props, inline, redirect, ...request) {
    const entrypoint = op.task.context.exports[text(name)];
    if (!entrypoint) throw new TypeError(`there is no entrypoint ${text(name)}`);
    const callee = props.length ? entrypoint({ props: JSON.parse(text(props)) }) : entrypoint;
    return answerOf(op, await callee.fetch(requestFrom(op, text(redirect) || "follow", request)), inline);
  },
  async fetch(op, inline, redirect, ...request) {
    return answerOf(op, await fetch(requestFrom(op, text(redirect) || "follow", request)), inline);
  },
};

// ---- KV

const KV = {
  async "kv.get"({ env }, name, key, cacheTtl) {
    const value = await binding(env, name, "kv").get(text(key), { type: "arrayBuffer", cacheTtl: number(cacheTtl) });
    return value && [value];
  },
  async "kv.get_with_metadata"(op, name, key, cacheTtl, inline) {
    const options = { type: "stream", cacheTtl: number(cacheTtl) };
    const { value, metadata, cacheStatus } = await binding(op.env, name, "kv").getWithMetadata(text(key), options);
    if (!value) return null;
    return [...(await op.guest.bodies.answer(op, value, inline, { ahead: true })), json(metadata), absent(cacheStatus)];
  },
  async "kv.get_many"({ env }, name, type, withMetadata, cacheTtl, ...keys) {
    const kv = binding(env, name, "kv");
    const names = keys.map(text);
    const options = { type: text(type), cacheTtl: number(cacheTtl) };
    const shown = (value) => (text(type) === "json" ? JSON.stringify(value) : value);
    const found = withMetadata.length ? await kv.getWithMetadata(names, options) : await kv.get(names, options);
    return [...new Set(names)].flatMap((key) => {
      const entry = found.get(key);
      const { value, metadata } = withMetadata.length ? (entry ?? { value: null }) : { value: entry };
      if (value === null || value === undefined) return [key, "", "", ""];
      return [key, "1", shown(value), json(metadata)];
    });
  },
  async "kv.put"({ env, task, guest }, name, key, kind, argument, list) {
    const options = {};
    for (const [option, value] of pairs(decode(list))) {
      options[option] = option === "metadata" ? JSON.parse(text(value)) : number(value);
    }
    const { body } = guest.bodies.take(task, kind, argument);
    await binding(env, name, "kv").put(text(key), body ?? "", options);
    return [];
  },
  async "kv.delete"({ env }, name, key) {
    await binding(env, name, "kv").delete(text(key));
    return [];
  },
  async "kv.list"({ env }, name, prefix, limit, cursor) {
    const options = { prefix: text(prefix), limit: number(limit), cursor: text(cursor) || undefined };
    const list = await binding(env, name, "kv").list(options);
    const keys = list.keys.flatMap((key) => [key.name, absent(key.expiration), json(key.metadata)]);
    return [flag(list.list_complete), absent(list.cursor), absent(list.cacheStatus), ...keys];
  },
};

// ---- R2

const date = (bytes) => new Date(number(bytes));
const listed = (bytes) => headersFrom(decode(bytes));

/** The options of a call, from the pairs that say them. */
function r2Options(list) {
  const options = {};
  const within = (name, key, value) => ((options[name] ??= {})[key] = value);
  for (const [name, value] of pairs(decode(list))) {
    const [group, ...rest] = name.split(".");
    const key = rest.join(".");
    if (name === "range.headers") options.range = new Headers({ range: text(value) });
    else if (group === "range") within("range", key, number(value));
    else if (name === "if.headers") options.onlyIf = listed(value);
    else if (group === "if") within("onlyIf", key, key.startsWith("uploaded") ? date(value) : key === "secondsGranularity" || text(value));
    else if (name === "http.headers") options.httpMetadata = listed(value);
    else if (group === "http") within("httpMetadata", key, key === "cacheExpiry" ? date(value) : text(value));
    else if (group === "custom") within("customMetadata", key, text(value));
    else if (name === "include") (options.include ??= []).push(text(value));
    else options[name] = name === "limit" ? number(value) : text(value);
  }
  return options;
}

/** What R2 knows of an object, as one field. */
function r2Object(object) {
  const said = [];
  const say = (name, value) => value !== undefined && value !== null && said.push(name, value instanceof Date ? String(value.getTime()) : String(value));
  for (const name of ["key", "version", "size", "etag", "uploaded", "storageClass"]) say(name, object[name]);
  for (const [name, value] of Object.entries(object.range ?? {})) say(`range.${name}`, value);
  for (const [name, value] of Object.entries(object.httpMetadata ?? {})) say(`http.${name}`, value);
  for (const [name, value] of Object.entries(object.customMetadata ?? {})) say(`custom.${name}`, value);
  for (const [name, value] of Object.entries(object.checksums?.toJSON() ?? {})) say(`checksum.${name}`, value);
  return encode(said);
}

const R2 = {
  async "r2.head"({ env }, name, key) {
    const object = await binding(env, name, "r2").head(text(key));
    return object && [r2Object(object)];
  },
  async "r2.get"(op, name, key, inline, options) {
    const object = await binding(op.env, name, "r2").get(text(key), r2Options(options));
    if (!object) return null;
    const length = object.range?.length ?? object.size;
    return [r2Object(object), ...(await op.guest.bodies.answer(op, object.body, inline, { length }))];
  },
  async "r2.put"({ env, task, guest }, name, key, kind, argument, options) {
    const { body } = guest.bodies.take(task, kind, argument);
    const object = await binding(env, name, "r2").put(text(key), body, r2Options(options));
    return object && [r2Object(object)];
  },
  async "r2.delete"({ env }, name, ...keys) {
    await binding(env, name, "r2").delete(keys.map(text));
    return [];
  },
  async "r2.list"({ env }, name, options) {
    const list = await binding(env, name, "r2").list(r2Options(options));
    return [flag(list.truncated), absent(list.cursor), encode(list.delimitedPrefixes), ...list.objects.map(r2Object)];
  },
  async "r2.create"({ env }, name, key, options) {
    return [(await binding(env, name, "r2").createMultipartUpload(text(key), r2Options(options))).uploadId];
  },
  async "r2.upload_part"({ env, task, guest }, name, key, upload, part, kind, argument) {
    const { body } = guest.bodies.take(task, kind, argument);
    const stored = await binding(env, name, "r2").resumeMultipartUpload(text(key), text(upload)).uploadPart(number(part), body ?? "");
    return [String(stored.partNumber), stored.etag];
  },
  async "r2.complete"({ env }, name, key, upload, ...parts) {
    const listed = [];
    for (let i = 0; i + 1 < parts.length; i += 2) listed.push({ partNumber: number(parts[i]), etag: text(parts[i + 1]) });
    return [r2Object(await binding(env, name, "r2").resumeMultipartUpload(text(key), text(upload)).complete(listed))];
  },
  async "r2.abort"({ env }, name, key, upload) {
    await binding(env, name, "r2").resumeMultipartUpload(text(key), text(upload)).abort();
    return [];
  },
};

// ---- Cache

const cacheOf = (name) => (name.length ? caches.open(text(name)) : caches.default);

const CACHE = {
  async "cache.match"(op, name, inline, ignoreMethod, ...request) {
    const cache = await cacheOf(name);
    const found = await cache.match(requestFrom(op, "follow", request), { ignoreMethod: ignoreMethod.length > 0 });
    return found ? answerOf(op, found, inline) : null;
  },
  async "cache.put"({ task, guest }, name, method, url, status, kind, argument, ...headers) {
    const { body } = guest.bodies.take(task, kind, argument);
    const response = new Response(body, { status: number(status), headers: headersFrom(headers) });
    await (await cacheOf(name)).put(new Request(text(url), { method: text(method) }), response);
    return [];
  },
  async "cache.delete"(_, name, ignoreMethod, method, url) {
    const request = new Request(text(url), { method: text(method) });
    return [flag(await (await cacheOf(name)).delete(request, { ignoreMethod: ignoreMethod.length > 0 }))];
  },
};

// ---- An object's alarm, time, and bodies

function storageOf({ state }) {
  if (!state) throw new Error("Alarms are only available inside a Durable Object.");
  return state.storage;
}

const REST = {
  // The promises of these three are settled when they return, so the answer comes within the turn and its transaction.
  async "alarm.set"(op, at) {
    await storageOf(op).setAlarm(number(at));
    return [];
  },
  async "alarm.get"(op) {
    const at = await storageOf(op).getAlarm();
    return at === null ? null : [String(at)];
  },
  async "alarm.delete"(op) {
    await storageOf(op).deleteAlarm();
    return [];
  },
  async sleep(_, ms) {
    await new Promise((wake) => setTimeout(wake, number(ms)));
    return [];
  },
  async "body.read"({ task, guest }, handle, max) {
    const chunk = await guest.bodies.get(task, handle).read(number(max));
    return chunk && [chunk];
  },
  async "body.all"({ task, guest }, handle, max) {
    const body = guest.bodies.get(task, handle);
    try {
      return [await body.all(number(max))];
    } finally {
      guest.bodies.forget(number(handle));
    }
  },
  async "body.write"({ task, guest }, handle, bytes) {
    await guest.bodies.get(task, handle).write(bytes);
    return [];
  },
};

export const OPS = { ...REQUESTS, ...KV, ...R2, ...CACHE, ...REST };
