// WebSockets that hibernate, from inside of an object.
import { answered, bytes, shownBytes, sleep, text, value } from "./values.mjs";

/** Those with a tag; without a tag the one whose event this is, and all of them elsewhere. */
function chosen({ tag, all }, { object, socket }) {
  if (tag !== undefined) return object.ctx.getWebSockets(tag);
  return socket && !all ? [socket] : object.ctx.getWebSockets();
}

const one = (op, context) => chosen(op, context)[0];

export const SOCKETS = {
  /** The object answers this upgrade with a socket; what follows in the same event finds it among the others. */
  async accept(op, context) {
    answered(context, () => {
      const pair = new WebSocketPair();
      context.object.ctx.acceptWebSocket(pair[1], op.tags);
      return new Response(null, { status: 101, webSocket: pair[0], headers: op.headers });
    });
    return "accepted";
  },
  async send(op, context) {
    const sockets = chosen(op, context);
    for (const socket of sockets) socket.send(value(op.value, context));
    return sockets.length;
  },
  async close(op, context) {
    const sockets = chosen(op, context);
    for (const socket of sockets) {
      if (op.code === undefined) socket.close();
      else socket.close(op.code, op.reason);
    }
    return sockets.length;
  },
  /** To all of them, or to those with a tag; one that fails is skipped. */
  async broadcast(op, context) {
    let took = 0;
    for (const socket of context.object.ctx.getWebSockets(op.tag)) {
      try {
        for (const one of op.values) socket.send(value(one, context));
        took++;
      } catch {
        // Counted out.
      }
    }
    return took;
  },
  /** Messages with this text are handled late. */
  async sleepIf(op, { message }) {
    if (message === op.text) await sleep(op.ms);
    return "slept";
  },
  async "sockets.count"(op, { object }) {
    return object.ctx.getWebSockets(op.tag).length;
  },
  async "sockets.states"(op, context) {
    return chosen(op, context).map(({ readyState }) => readyState);
  },
  /** Tags of each, in the order that the platform lists them. */
  async "sockets.tags"(op, context) {
    return chosen(op, context).map((socket) => context.object.ctx.getTags(socket));
  },
  async attach(op, context) {
    one(op, context).serializeAttachment(bytes(op.value, context).slice().buffer);
    return "attached";
  },
  async attachment(op, context) {
    const found = one(op, context).deserializeAttachment();
    return found && shownBytes(found);
  },
  async autoResponse(op, { object }) {
    if (op.request === undefined) object.ctx.setWebSocketAutoResponse();
    else object.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(text(op.request), text(op.response)));
    return "set";
  },
  async "autoResponse.time"(op, context) {
    const time = context.object.ctx.getWebSocketAutoResponseTimestamp(one(op, context));
    return time && time.getTime();
  },
};
