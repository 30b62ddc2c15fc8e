// R2, by the platform's own API.
import { bytes, number, present, shownBytes, text, toHex, value } from "./values.mjs";

const bucket = ({ env }, { binding = "BUCKET" }) => env[binding];

const HASHES = ["md5", "sha1", "sha256", "sha384", "sha512"];

function condition({ onlyIf, onlyIfHeaders }) {
  if (onlyIfHeaders) return new Headers(onlyIfHeaders);
  if (!onlyIf) return undefined;
  const { uploadedBefore, uploadedAfter, ...more } = onlyIf;
  const date = (ms) => (ms === undefined ? undefined : new Date(ms));
  return present({ ...more, uploadedBefore: date(uploadedBefore), uploadedAfter: date(uploadedAfter) });
}

function range({ range: written, rangeHeaders }) {
  if (rangeHeaders) return new Headers(rangeHeaders);
  return written && present({ offset: number(written.offset), length: number(written.length), suffix: number(written.suffix) });
}

function metadata({ httpMetadata, httpHeaders, customMetadata: written }) {
  const customMetadata = written && Object.fromEntries(Object.entries(written).map(([name, one]) => [name, text(one)]));
  if (httpHeaders) return { httpMetadata: new Headers(httpHeaders), customMetadata };
  if (httpMetadata?.cacheExpiry !== undefined) {
    return { httpMetadata: { ...httpMetadata, cacheExpiry: new Date(httpMetadata.cacheExpiry) }, customMetadata };
  }
  return present({ httpMetadata, customMetadata });
}

/** What is empty is not shown. */
const some = (pairs) => (pairs && Object.keys(pairs).length > 0 ? pairs : undefined);

/** All that an object says of itself. `read` is whether its body was asked for. */
async function shown(object, read = false) {
  if (object === null) return null;
  const { cacheExpiry, ...http } = object.httpMetadata ?? {};
  return present({
    key: object.key,
    size: object.size,
    etag: object.etag,
    version: object.version,
    uploaded: object.uploaded.getTime(),
    checksums: some(Object.fromEntries(HASHES.flatMap((name) => (object.checksums[name] ? [[name, toHex(object.checksums[name])]] : [])))),
    httpMetadata: some(present({ ...http, cacheExpiry: cacheExpiry?.getTime() })),
    customMetadata: some(object.customMetadata),
    range: object.range,
    storageClass: object.storageClass,
    body: read ? ("body" in object ? shownBytes(await object.arrayBuffer()) : null) : undefined,
  });
}

function upload(op, context) {
  return bucket(context, op).resumeMultipartUpload(text(op.key), op.uploadId);
}

export const R2 = {
  async "r2.head"(op, context) {
    return shown(await bucket(context, op).head(text(op.key)));
  },
  async "r2.get"(op, context) {
    const options = present({ range: range(op), onlyIf: condition(op) });
    return shown(await bucket(context, op).get(text(op.key), options), true);
  },
  async "r2.put"(op, context) {
    const sums = present(Object.fromEntries(HASHES.map((name) => [name, op[name]])));
    const options = present({ ...metadata(op), ...sums, onlyIf: condition(op), storageClass: op.storageClass });
    const stored = await bucket(context, op).put(text(op.key), value(op.value, context), options);
    return op.quiet ? "stored" : shown(stored);
  },
  /** So many small objects, whose names end with a number. */
  async "r2.fill"(op, context) {
    for (let at = 0; at < op.count; at++) await bucket(context, op).put(op.prefix + at, "");
    return op.count;
  },
  async "r2.delete"(op, context) {
    const numbered = (count) => Array.from({ length: count }, (_, at) => `numbered/${at}`);
    await bucket(context, op).delete(op.key !== undefined ? text(op.key) : (op.keys?.map(text) ?? numbered(op.numbered)));
    return "deleted";
  },
  async "r2.list"(op, context) {
    const { limit, prefix, cursor, delimiter, startAfter, include } = op;
    const found = await bucket(context, op).list(present({ limit: number(limit), prefix, cursor, delimiter, startAfter, include }));
    return present({
      objects: op.count ? found.objects.length : op.names ? found.objects.map(({ key }) => key) : await Promise.all(found.objects.map((one) => shown(one))),
      prefixes: found.delimitedPrefixes,
      truncated: found.truncated,
      cursor: found.cursor,
    });
  },
  async "r2.createMultipartUpload"(op, context) {
    const { key, uploadId } = await bucket(context, op).createMultipartUpload(
      text(op.key),
      present({ ...metadata(op), storageClass: op.storageClass }),
    );
    return { key, uploadId };
  },
  async "r2.uploadPart"(op, context) {
    return upload(op, context).uploadPart(op.partNumber, bytes(op.value, context));
  },
  async "r2.completeMultipartUpload"(op, context) {
    return shown(await upload(op, context).complete(op.parts));
  },
  async "r2.abortMultipartUpload"(op, context) {
    await upload(op, context).abort();
    return "aborted";
  },
};
