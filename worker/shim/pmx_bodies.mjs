// Bodies of the ABI (worker/ABI.md): the guest knows them by handles, their bytes stay on this side until it reads them.
import { number, text } from "./pmx_frame.mjs";

/** What waits in a body that the guest writes, in bytes, before a write waits for the consumer. */
const MAX_WAITING = 64 * 1024;
/** Bodies from bindings that a task may hold unread: the platform stalls at the next one. */
const MAX_UNREAD = 6;

/** The platform's word for it. */
const USED = "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";

/** A body that is read: a stream, and what was read of it too far. */
class Source {
  /** `encoded`: the bytes that are read were decoded, so whoever sends them on with the same headers has them encoded again. */
  constructor(stream, { length, isUnread = false, encoded = false } = {}) {
    this.stream = stream;
    this.length = length;
    this.isUnread = isUnread;
    this.encoded = encoded;
  }

  /** The next bytes, at most `max`; `null` at the end. */
  async read(max) {
    this.isUnread = false;
    while (!this.rest?.length) {
      this.reader ??= this.stream.getReader();
      const { done, value } = await this.reader.read();
      if (done) return null;
      this.rest = value;
    }
    const chunk = this.rest.subarray(0, max);
    this.rest = this.rest.subarray(chunk.length);
    return chunk;
  }

  /** The whole rest. */
  async all(max) {
    const chunks = [];
    let size = 0;
    for (let chunk; (chunk = await this.read(Infinity)); chunks.push(chunk)) {
      size += chunk.length;
      if (size <= max) continue;
      this.release();
      throw new Error("too large");
    }
    return new Blob(chunks).arrayBuffer();
  }

  /** Hands the body to a consumer on this side. */
  take() {
    this.isUnread = false;
    if (!this.reader) return this.stream;
    const source = this;
    return new ReadableStream({
      async pull(controller) {
        const chunk = await source.read(Infinity);
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      },
      cancel: (reason) => source.reader.cancel(reason),
    });
  }

  release() {
    quietly(() => (this.reader ?? this.stream).cancel());
  }
}

/** A body that the guest writes. Its consumer gets the readable half. */
class Sink extends Source {
  waiting = 0;
  written = 0;

  constructor(length) {
    const { readable, writable } = length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
    super(readable, { length });
    this.writer = writable.getWriter();
    this.writer.closed.catch((error) => (this.failure = error));
  }

  read(max) {
    this.hasConsumer = true;
    return super.read(max);
  }

  take() {
    this.hasConsumer = true;
    return super.take();
  }

  async write(bytes) {
    if (this.failure) throw this.failure;
    if (this.ended) throw new TypeError("This WritableStream has been closed.");
    if (this.written + bytes.length > this.length) {
      throw new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
    }
    const waits = this.waiting + bytes.length > MAX_WAITING;
    if (waits && !this.hasConsumer) throw new Error(`a body holds at most ${MAX_WAITING} bytes before it is used`);
    if (!bytes.length) return;
    this.written += bytes.length;
    this.waiting += bytes.length;
    const taken = this.writer.write(bytes).then(
      () => (this.waiting -= bytes.length),
      (error) => {
        this.failure ??= error;
        throw error;
      },
    );
    if (waits) await taken;
    else taken.catch(() => {});
  }

  end() {
    if (this.failure) throw this.failure;
    if (this.written < this.length) {
      const error = new TypeError("FixedLengthStream did not see all expected bytes before close().");
      this.fail(error);
      throw error;
    }
    this.ended = true;
    this.writer.close().catch(() => {});
  }

  fail(error) {
    this.failure ??= error;
    this.ended = true;
    quietly(() => this.writer.abort(error));
  }

  release() {
    if (!this.ended) this.fail(new Error("the body was given up by who wrote it"));
    if (!this.hasConsumer) super.release();
  }
}

/** What is given up may belong to a request that is gone: then there is nothing left to give up. */
function quietly(give) {
  try {
    give()?.catch?.(() => {});
  } catch {}
}

/** The bodies of one instance, by handle. A handle is good for the task that got it alone. */
export class Bodies {
  held = new Map();
  last = 0;

  hold(task, body) {
    const handle = (this.last = (this.last + 1) >>> 0 || 1);
    this.held.set(handle, { task, body });
    task.bodies.add(handle);
    return String(handle);
  }

  get(task, handle) {
    const found = this.held.get(number(handle));
    if (found?.task !== task) throw new TypeError(USED);
    return found.body;
  }

  forget(handle) {
    this.held.get(handle)?.task.bodies.delete(handle);
    this.held.delete(handle);
  }

  drop(handle) {
    const found = this.held.get(handle);
    this.forget(handle);
    found?.body.release();
  }

  /** A new body that the task writes. */
  make(task, length) {
    return this.hold(task, new Sink(number(length)));
  }

  /**
   * A stream that a binding answered with, as the two fields of a body. It comes as bytes if `inline` allows for its length; one that does not know its
   * length can be tried (`ahead`): read so far.
   */
  async answer(op, stream, inline, { length, encoded = false, ahead = false } = {}) {
    if (!stream) return ["none", ""];
    const most = number(inline);
    const body = new Source(stream, { length, encoded, isUnread: true });
    if (most !== undefined && !encoded) {
      if (length !== undefined && length <= most) return ["bytes", await body.all(Infinity)];
      if (length === undefined && ahead) {
        const start = [];
        let size = 0;
        for (let chunk; size <= most; start.push(chunk), size += chunk.length) {
          chunk = await body.read(Infinity);
          if (!chunk) return ["bytes", await new Blob(start).arrayBuffer()];
        }
        body.rest = new Uint8Array(await new Blob(start).arrayBuffer());
        body.isUnread = true;
      }
    }
    const unread = [...op.task.bodies].filter((handle) => this.held.get(handle).body.isUnread).length;
    if (unread >= MAX_UNREAD) {
      body.release();
      throw new Error(`${MAX_UNREAD} bodies of this task were neither read nor handed on; the platform has no room for another`);
    }
    const handle = this.hold(op.task, body);
    op.handles.push(Number(handle));
    return ["body", handle];
  }

  /** The body of an event's request, as two fields. */
  received(task, stream) {
    return stream ? ["body", this.hold(task, new Source(stream))] : ["none", ""];
  }

  /** A body that the guest hands on, as what the platform takes for one, and whether it is encoded on its way. */
  take(task, kind, argument) {
    switch (text(kind)) {
      case "bytes":
        return { body: argument };
      case "body": {
        const body = this.get(task, argument);
        // A sink is written to after it was handed on.
        if (!(body instanceof Sink)) this.forget(number(argument));
        else if (body.hasConsumer) throw new TypeError(USED);
        return { body: body.take(), encoded: body.encoded };
      }
      default:
        return { body: null };
    }
  }
}
