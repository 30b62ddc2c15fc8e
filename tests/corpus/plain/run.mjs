// One op after another. What one throws is its outcome, and the next one runs.
import { Escape } from "./values.mjs";
import { KV } from "./kv.mjs";
import { R2 } from "./r2.mjs";
import { OBJECTS } from "./objects.mjs";
import { SOCKETS } from "./sockets.mjs";
import { HTTP } from "./http.mjs";

export async function run(op, context) {
  const found = KV[op.op] ?? R2[op.op] ?? OBJECTS[op.op] ?? SOCKETS[op.op] ?? HTTP[op.op];
  if (!found) throw new Escape(new Error(`${op.op} is no op`));
  try {
    return (await found(op, context)) ?? null;
  } catch (error) {
    if (error instanceof Escape) throw error;
    return failure(error);
  }
}

const FLAGS = ["remote", "retryable", "overloaded", "durableObjectReset"];

export function failure(error) {
  const flags = FLAGS.filter((flag) => error[flag]);
  return flags.length ? { error: String(error), flags } : { error: String(error) };
}

export async function runAll(ops, context) {
  const outcomes = [];
  for (const op of ops) outcomes.push(await run(op, context));
  return outcomes;
}
