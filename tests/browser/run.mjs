// The tests of the live client and the look, in a headless Chromium.
//
//   node tests/browser/run.mjs                                  against a stub of the Worker
//   node tests/browser/run.mjs --url URL --source FILE          against a running `pmx dev`, too: edits FILE, waits for the page
import { parseArgs } from "node:util";
import { siteEdit } from "./site-edit.mjs";

const { values } = parseArgs({ options: { url: { type: "string" }, source: { type: "string" } } });
await import("./patch.test.mjs");
await import("./delivery.test.mjs");
await import("./look.test.mjs");
await import("./player.test.mjs");
await import("./focus.test.mjs");
await import("./opening.test.mjs");
await import("./slides.test.mjs");
await import("./bleed.test.mjs");
await import("./search.test.mjs");
await import("./answers.test.mjs");
await import("./runtime.test.mjs");
await import("./diagrams.test.mjs");
if (values.url && values.source) {
  const { test } = await import("node:test");
  test("an edited Source reaches the open page without a reload", () => siteEdit(values.url, values.source));
}
