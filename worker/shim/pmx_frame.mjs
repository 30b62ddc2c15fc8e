// Frames of the ABI (worker/ABI.md), and what errors and headers are in them.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export const text = (bytes) => decoder.decode(bytes);
/** A number of the guest's arithmetic; what is absent is `undefined`. */
export const number = (bytes) => (bytes?.length ? Number(text(bytes)) : undefined);
export const flag = (value) => (value ? "1" : "");

/** One frame of fields that are strings, numbers or bytes. */
export function encode(fields) {
  const parts = fields.map((field) => {
    if (field instanceof Uint8Array) return field;
    return field instanceof ArrayBuffer ? new Uint8Array(field) : encoder.encode(field);
  });
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
export function decode(frame) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const fields = [];
  for (let at = 0; at < frame.length; ) {
    const length = view.getUint32(at, true);
    fields.push(frame.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
}

/** Names and values from the pairs at the end of a frame. */
export function pairs(fields) {
  const found = [];
  for (let i = 0; i + 1 < fields.length; i += 2) found.push([text(fields[i]), fields[i + 1]]);
  return found;
}

export function headersFrom(fields) {
  const headers = new Headers();
  for (const [name, value] of pairs(fields)) headers.append(name, text(value));
  return headers;
}

/** Lower-case, sorted and joined by the platform itself, each `set-cookie` apart. */
export const headerFields = (headers) => [...headers].flat();

export const messageOf = (error) => String(error?.message ?? error);

const FLAGS = ["remote", "retryable", "overloaded", "durableObjectReset"];

/** An answer `err`: message, class, flags. */
export function errorFields(error) {
  const flags = FLAGS.filter((name) => error?.[name]).join(" ");
  return ["err", messageOf(error), typeof error?.name === "string" ? error.name : "Error", flags];
}
