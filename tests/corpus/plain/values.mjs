// Bytes and texts as the steps write them, and as outcomes show them.

/** Longer texts are shown by their length and a checksum. */
const SHOWN_TEXT = 400;
/** Longer bytes that are no text, too. */
const SHOWN_BYTES = 64;

/** An error that ends the event, not one that is an outcome. */
export class Escape {
  constructor(error) {
    this.error = error;
  }
}

/** A text, or `{"repeat","times"}` with what may stand `before` and `after` it. */
export function text(written) {
  if (typeof written === "string") return written;
  return (written.before ?? "") + written.repeat.repeat(written.times) + (written.after ?? "");
}

/** The answer of an event: it is given once, so what the platform refuses in it fails the event. */
export function answered(context, make) {
  try {
    context.response = make();
  } catch (error) {
    throw new Escape(error);
  }
}

export const encoder = new TextEncoder();

/**
 * What a step writes for bytes: a text, `{"hex"}`, `{"repeat","times"}` (as `text`), `{"body":true}` (the request's own, unread), `{"message":true}`
 * (the frame that came), or `{"stream":[…],"length"?}` (sent in pieces; of known length if there is one).
 */
export function value(written, context) {
  if (written === undefined || written === null || typeof written === "string") return written;
  if (written.hex !== undefined) return fromHex(written.hex);
  if (written.repeat !== undefined) return text(written);
  if (written.body) return context.request.body;
  if (written.message) return context.message;
  if (written.stream) return stream(written, context);
  throw new Escape(new Error(`a value like ${JSON.stringify(written)} is unknown`));
}

/** The same as bytes. */
export function bytes(written, context) {
  const found = value(written, context);
  return typeof found === "string" ? encoder.encode(found) : found;
}

function stream({ stream: pieces, length, pause = 0, fails }, context) {
  const { readable, writable } = length === undefined ? new TransformStream() : new FixedLengthStream(length);
  const writer = writable.getWriter();
  const written = (async () => {
    for (const piece of pieces) {
      if (pause) await sleep(pause);
      await writer.write(bytes(piece, context));
    }
    await (fails ? writer.abort(new Error(fails)) : writer.close());
  })();
  // A length that does not hold fails here and at the reader; the reader's is the outcome.
  context.ctx.waitUntil(written.catch(() => {}));
  return readable;
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export const fromHex = (digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

export const toHex = (some) => [...new Uint8Array(some)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Bytes as an outcome shows them: a text if they are one, else `{"hex"}`; long ones as `{"bytes","fnv1a"}`. */
export function shownBytes(some) {
  const all = some instanceof Uint8Array ? some : new Uint8Array(some);
  if (all.length <= SHOWN_TEXT) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(all);
    } catch {
      if (all.length <= SHOWN_BYTES) return { hex: toHex(all) };
    }
  }
  let sum = 0x811c9dc5;
  for (let at = 0; at < all.length; at++) sum = Math.imul(sum ^ all[at], 0x01000193);
  return { bytes: all.length, fnv1a: (sum >>> 0).toString(16).padStart(8, "0") };
}

/** Numbers that JSON cannot write are shown by name. */
export function shownNumber(number) {
  return Number.isFinite(number) ? number : { number: String(number) };
}

/** The same the other way: `{"number":"NaN"}`. */
export function number(written) {
  return written && typeof written === "object" && "number" in written ? Number(written.number) : written;
}

/** An object without what is undefined, in the order that it has. */
export const present = (object) => Object.fromEntries(Object.entries(object).filter(([, found]) => found !== undefined));

export async function shownBody(body) {
  return body.body === null ? null : shownBytes(await body.arrayBuffer());
}
