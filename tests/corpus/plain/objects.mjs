// Durable Objects: from outside (namespaces, ids, stubs) and from inside (SQL, alarms, transactions).
import { Escape, fromHex, number, shownBytes, shownNumber, text, toHex } from "./values.mjs";
import { shownResponse, requestOf } from "./http.mjs";
import { failure, run } from "./run.mjs";

const namespace = ({ env }, { binding = "ONE" }) => env[binding];

function idOf(op, context) {
  const all = namespace(context, op);
  if (op.unique) return all.newUniqueId();
  return op.id === undefined ? all.idFromName(text(op.name)) : all.idFromString(op.id);
}

const storage = (context) => context.object.ctx.storage;

/** What a step binds: null, number, text, or `{"hex"}`. */
function bound(written) {
  if (written === null || typeof written === "number") return written;
  if (written.hex !== undefined) return fromHex(written.hex);
  return written.number === undefined ? text(written) : number(written);
}

function cell(found) {
  if (found instanceof ArrayBuffer) return found.byteLength > 64 ? shownBytes(found) : { hex: toHex(found) };
  if (typeof found === "string" && found.length > 400) return shownBytes(new TextEncoder().encode(found));
  return typeof found === "number" ? shownNumber(found) : found;
}

/** What an event of an object has to do, and what happened so far: two tables, so that both outlive the instance. */
export const EVENTS = [
  "CREATE TABLE IF NOT EXISTS corpus_on (event TEXT PRIMARY KEY, ops TEXT NOT NULL)",
  "CREATE TABLE IF NOT EXISTS corpus_log (entry TEXT NOT NULL)",
];

export function note(object, entry) {
  const { sql } = object.ctx.storage;
  for (const table of EVENTS) sql.exec(table);
  sql.exec("INSERT INTO corpus_log VALUES (?)", JSON.stringify(entry));
}

export const OBJECTS = {
  // From outside.
  async "object.id"(op, context) {
    return idOf(op, context).toString();
  },
  /** The ops run inside of the object, in one event. */
  async "object.do"(op, context) {
    const headers = { "x-do": "body", "content-type": "application/json" };
    const stub = namespace(context, op).get(idOf(op, context));
    const response = await stub.fetch("https://object/", { method: "POST", headers, body: JSON.stringify(op.do) });
    return response.headers.get("content-type") === "application/json" ? response.json() : shownResponse(response);
  },
  async "object.fetch"(op, context) {
    return shownResponse(await namespace(context, op).get(idOf(op, context)).fetch(...requestOf(op, context)));
  },
  /** Joins the client of this request to a socket of the object, or hands on what the object answers instead. */
  async "object.upgrade"(op, context) {
    const headers = new Headers(context.request.headers);
    headers.set("x-do", JSON.stringify(op.do));
    context.response = await namespace(context, op).get(idOf(op, context)).fetch("https://object/", { headers });
  },

  // From inside.
  async "object.self"(_, { object }) {
    return { id: object.ctx.id.toString(), name: object.ctx.id.name ?? null };
  },
  /** A count in the instance's memory: 1 in a fresh one. */
  async memory(_, { object }) {
    object.count = (object.count ?? 0) + 1;
    return object.count;
  },
  async sql(op, context) {
    const cursor = storage(context).sql.exec(text(op.query), ...(op.bindings ?? []).map(bound));
    const rows = [...cursor.raw()].map((row) => row.map(cell));
    return op.counts
      ? { rows, read: cursor.rowsRead, written: cursor.rowsWritten }
      : { columns: cursor.columnNames, rows };
  },
  async "sql.size"(_, context) {
    const size = storage(context).sql.databaseSize;
    return { pages: size / 4096 };
  },
  async "alarm.set"(op, context) {
    await storage(context).setAlarm(op.in === undefined ? number(op.at) : Date.now() + op.in);
    return "set";
  },
  async "alarm.get"(_, context) {
    return storage(context).getAlarm();
  },
  async "alarm.delete"(_, context) {
    await storage(context).deleteAlarm();
    return "deleted";
  },
  /** `transactionSync`: its ops are synchronous ones. With `throws` it is rolled back. */
  async transaction(op, context) {
    const outcomes = [];
    storage(context).transactionSync(() => {
      for (const one of op.do) outcomes.push(inTransaction(one, context));
      if (op.throws) throw new Error(op.throws);
    });
    return outcomes;
  },
  async abort(op, { object }) {
    object.ctx.abort(op.reason);
    // Nothing of the instance runs on after that.
    await new Promise(() => {});
  },
  /** What is to be done at an event: `message`, `close`, `error`, `alarm`. */
  async on(op, context) {
    for (const table of EVENTS) storage(context).sql.exec(table);
    storage(context).sql.exec("INSERT OR REPLACE INTO corpus_on VALUES (?, ?)", op.event, JSON.stringify(op.do));
    return "noted";
  },
  async note(op, { object }) {
    note(object, op.entry);
    return "noted";
  },
  async log(_, context) {
    const { sql } = storage(context);
    if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'corpus_log'").toArray().length === 0) return [];
    return sql.exec("SELECT entry FROM corpus_log ORDER BY rowid").toArray().map(({ entry }) => JSON.parse(entry));
  },
};

/** The synchronous ops, whose outcome is there when the call returns. */
function inTransaction(op, context) {
  try {
    if (op.op === "sql") {
      const cursor = storage(context).sql.exec(text(op.query), ...(op.bindings ?? []).map(bound));
      return { columns: cursor.columnNames, rows: [...cursor.raw()].map((row) => row.map(cell)) };
    }
    if (op.op === "alarm.set") {
      storage(context).setAlarm(Date.now() + op.in);
      return "set";
    }
    if (op.op === "transaction") {
      const outcomes = [];
      storage(context).transactionSync(() => {
        for (const one of op.do) outcomes.push(inTransaction(one, context));
        if (op.throws) throw new Error(op.throws);
      });
      return outcomes;
    }
  } catch (error) {
    return failure(error);
  }
  throw new Escape(new Error(`${op.op} is no op of a transaction`));
}

/** One event of an object but `fetch`: noted, then what was asked for is done. */
export async function event(object, name, details, context) {
  note(object, { event: name, ...details });
  const { sql } = object.ctx.storage;
  const wanted = sql.exec("SELECT ops FROM corpus_on WHERE event = ?", name).toArray()[0];
  for (const op of wanted ? JSON.parse(wanted.ops) : []) {
    const outcome = await run(op, context);
    if (op.keep) note(object, { outcome });
  }
}
