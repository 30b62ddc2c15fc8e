// The synchronous calls of the ABI (worker/ABI.md), one function for each: it returns the fields after `ok`, or null for `none`, and throws
// for `err`. Arguments are fields, as bytes; `guest` is the instance, `task` the one that runs.
import { messageOf, number, text } from "./pmx_frame.mjs";
import { binding } from "./pmx_ops.mjs";

const SOCKET_OPEN = 1;
/** Sent on a socket that could not take a message ("internal error", RFC 6455 §7.4.1). */
const SOCKET_FAILED = 1011;
/** A reason that fits in a close frame, as characters of an error's text. */
const MAX_REASON = 100;

function stateOf({ state }) {
  if (!state) throw new Error("This is only available inside of a Durable Object.");
  return state;
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
  if (Object.is(value, -0)) return "r-0";
  if (typeof value === "number") return `${Number.isSafeInteger(value) ? "i" : "r"}${value}`;
  const field = new Uint8Array(1 + value.byteLength);
  field[0] = "b".charCodeAt(0);
  field.set(new Uint8Array(value), 1);
  return field;
}

/** Thrown to undo a transaction. */
const UNDO = Symbol("undo");

const STORAGE = {
  "sql.exec"({ guest }, statement, ...bindings) {
    const cursor = stateOf(guest).storage.sql.exec(text(statement), ...bindings.map(bound));
    const rows = [...cursor.raw()];
    const names = cursor.columnNames;
    return [names.length, rows.length, cursor.rowsRead, cursor.rowsWritten].map(String).concat(names, rows.flat().map(typed));
  },
  "sql.size": ({ guest }) => [String(stateOf(guest).storage.sql.databaseSize)],
  transaction({ guest }, token) {
    const { storage } = stateOf(guest);
    try {
      storage.transactionSync(() => {
        if (!guest.wasm.in_transaction(number(token))) throw UNDO;
      });
    } catch (error) {
      if (error !== UNDO) throw error;
    }
    return [];
  },
  "object.abort"({ guest }, reason) {
    const state = stateOf(guest);
    guest.dead = true;
    guest.aborted = true;
    if (reason.length) state.abort(text(reason));
    else state.abort();
  },
};

// ---- Ids

const IDS = {
  "id.name": ({ guest }, name, of) => [String(binding(guest.env, name, "object").idFromName(text(of)))],
  "id.unique": ({ guest }, name) => [String(binding(guest.env, name, "object").newUniqueId())],
  "id.parse": ({ guest }, name, id) => [String(binding(guest.env, name, "object").idFromString(text(id)))],
};

// ---- Sockets

const message = (kind, data) => (text(kind) === "text" ? text(data) : data);

function sockets(guest, one, tag) {
  return one.length ? stateOf(guest).getWebSockets(text(tag)) : stateOf(guest).getWebSockets();
}

function socketOf({ guest }, number_) {
  const socket = guest.sockets.get(number(number_));
  if (!socket) throw new Error(`there is no socket ${text(number_)}`);
  return socket;
}

const SOCKETS = {
  "socket.send"(call, socket, kind, data) {
    socketOf(call, socket).send(message(kind, data));
    return [];
  },
  "socket.broadcast"({ guest }, one, tag, ...fields) {
    const messages = [];
    for (let i = 0; i + 1 < fields.length; i += 2) messages.push(message(fields[i], fields[i + 1]));
    const reached = sockets(guest, one, tag).filter((socket) => {
      if (socket.readyState !== SOCKET_OPEN) return false;
      try {
        for (const message of messages) socket.send(message);
        return true;
      } catch (error) {
        try {
          socket.close(SOCKET_FAILED, messageOf(error).slice(0, MAX_REASON));
        } catch {} // one that is closed already
        return false;
      }
    });
    return [String(reached.length)];
  },
  "socket.close"(call, socket, code, reason) {
    const it = socketOf(call, socket);
    if (code.length || reason.length) it.close(number(code), text(reason));
    else it.close();
    return [];
  },
  "socket.list": ({ guest }, one, tag) => sockets(guest, one, tag).map((socket) => String(guest.sockets.number(socket))),
  "socket.tags": (call, socket) => stateOf(call.guest).getTags(socketOf(call, socket)),
  "socket.attach"(call, socket, data) {
    // An ArrayBuffer has the least overhead in what the platform stores.
    socketOf(call, socket).serializeAttachment(data.slice().buffer);
    return [];
  },
  "socket.attachment"(call, socket) {
    const data = socketOf(call, socket).deserializeAttachment();
    return data instanceof ArrayBuffer ? [data] : null;
  },
  "socket.auto_response"({ guest }, ...pair) {
    const state = stateOf(guest);
    if (pair.length) state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(...pair.map(text)));
    else state.setWebSocketAutoResponse();
    return [];
  },
  "socket.auto_response_time"(call, socket) {
    const at = stateOf(call.guest).getWebSocketAutoResponseTimestamp(socketOf(call, socket));
    return at && [String(at.getTime())];
  },
  "socket.state": (call, socket) => [String(socketOf(call, socket).readyState)],
};

// ---- Bodies

const BODIES = {
  "body.new": ({ guest, task }, length) => [guest.bodies.make(task, length)],
  "body.end"({ guest, task }, handle) {
    guest.bodies.get(task, handle).end();
    return [];
  },
  "body.fail"({ guest, task }, handle, message) {
    guest.bodies.get(task, handle).fail(new Error(text(message)));
    return [];
  },
  "body.drop"({ guest, task }, handle) {
    guest.bodies.get(task, handle);
    guest.bodies.drop(number(handle));
    return [];
  },
};

export const CALLS = { ...STORAGE, ...IDS, ...SOCKETS, ...BODIES };
