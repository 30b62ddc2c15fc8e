// KV, by the platform's own API.
import { bytes, number, present, shownBytes, text, value } from "./values.mjs";

const namespace = ({ env }, { binding = "KV" }) => env[binding];
const read = ({ cacheTtl }, type) => present({ type, cacheTtl: number(cacheTtl) });
const shown = (found) => (found === null ? null : shownBytes(found));

function seconds({ expirationIn, expiration }) {
  return expirationIn === undefined ? number(expiration) : Math.floor(Date.now() / 1000) + expirationIn;
}

export const KV = {
  async "kv.get"(op, context) {
    return shown(await namespace(context, op).get(text(op.key), read(op, "arrayBuffer")));
  },
  async "kv.getWithMetadata"(op, context) {
    const { value: found, metadata, cacheStatus } = await namespace(context, op).getWithMetadata(text(op.key), read(op, "arrayBuffer"));
    return { value: shown(found), metadata, cacheStatus };
  },
  /** Values are texts; `type` is what the caller wants them to be: `text` or `json`. */
  async "kv.getMany"(op, context) {
    const found = await namespace(context, op).get(op.keys.map(text), read(op, op.type));
    return [...found].map(([key, one]) => [key, one]);
  },
  async "kv.getManyWithMetadata"(op, context) {
    const found = await namespace(context, op).getWithMetadata(op.keys.map(text), read(op, op.type));
    return [...found].map(([key, one]) => [key, one && { value: one.value, metadata: one.metadata }]);
  },
  async "kv.put"(op, context) {
    const options = present({ expiration: seconds(op), expirationTtl: number(op.expirationTtl), metadata: op.metadataText ? text(op.metadataText) : op.metadata });
    const put = typeof op.value === "string" ? value : bytes;
    await namespace(context, op).put(text(op.key), put(op.value, context), options);
    return "stored";
  },
  async "kv.delete"(op, context) {
    await namespace(context, op).delete(text(op.key));
    return "deleted";
  },
  async "kv.list"(op, context) {
    const { keys, list_complete, cursor, cacheStatus } = await namespace(context, op).list(
      present({ prefix: op.prefix && text(op.prefix), limit: number(op.limit), cursor: op.cursor }),
    );
    return present({ keys: keys.map(present), complete: list_complete, cursor, cacheStatus });
  },
};
