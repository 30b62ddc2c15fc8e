// Records what wrangler says of the configs in `cases`, into wrangler.json beside this file.
//
//   npm install --prefix <folder> wrangler@4.86.0
//   node record.mjs <folder>
//
// A case is deployed with `--dry-run`, which needs no network and no account. Its first lines may be comments: `args:` is given to
// wrangler, the others are for the test that compares (tests/config.rs).
import { spawnSync } from "node:child_process";
import { mkdtempSync, copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node record.mjs <folder with node_modules/wrangler>");
  process.exit(2);
}
const here = import.meta.dirname;
const cases = path.join(here, "cases");
const wrangler = path.resolve(folder, "node_modules/wrangler");
const { version } = JSON.parse(readFileSync(path.join(wrangler, "package.json"), "utf8"));
const worker = "export default { fetch() { return new Response() } };\nexport class Room {}\nexport class Other {}\n";

/** The messages of one kind in what wrangler printed, each without its indentation. */
function messages(printed, kind) {
  const found = [];
  // A box per kind; its messages begin with "- ", those of an environment or a binding are indented below a heading.
  const boxes = printed.split(/^(?=. \[(?:WARNING|ERROR)\])/mu).slice(1);
  for (const box of boxes.filter((box) => box.includes(`[${kind}]`))) {
    const text = box.replace(/^. \[(?:WARNING|ERROR)\] /u, "").replace(/^.*Logs were written to.*$/mu, "").trimEnd();
    if (!text.startsWith("Processing ")) {
      found.push(text.split("\n").map((line) => line.trim()).join("\n").trim());
      continue;
    }
    const lines = text.split("\n").slice(1);
    let message;
    let indent = 0;
    for (const line of lines) {
      const begins = /^( *)- (.*)$/u.exec(line);
      // A list inside of a message is not indented further than its text.
      if (begins && (message === undefined || begins[1].length !== indent + 2 || !message.endsWith(":"))) {
        message = undefined;
        indent = begins[1].length;
        found.push(begins[2]);
        message = begins[2];
      } else if (message !== undefined && line.trim() !== "" && line.startsWith(" ".repeat(indent))) {
        message = line.slice(indent + 2);
        found[found.length - 1] += `\n${message}`;
      }
    }
  }
  // Headings: of an environment, and of a binding.
  return found.filter((text) => !/^"env\.[^"]*" environment configuration$/u.test(text) && !/^"[^"]*bindings\[\d+\]": /u.test(text));
}

const outcomes = {};
for (const name of readdirSync(cases).sort()) {
  const scratch = mkdtempSync(path.join(os.tmpdir(), "wrangler-"));
  const config = `wrangler${path.extname(name)}`;
  copyFileSync(path.join(cases, name), path.join(scratch, config));
  writeFileSync(path.join(scratch, "worker.mjs"), worker);
  const args = /args: (.*)$/mu.exec(readFileSync(path.join(cases, name), "utf8").split("\n", 1)[0]);
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [path.join(wrangler, "bin/wrangler.js"), "deploy", "--dry-run", "--outdir", "out", ...(args ? args[1].split(" ") : [])],
    {
      cwd: scratch,
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: scratch, CI: "1", NO_COLOR: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_HIDE_BANNER: "true" },
    },
  );
  const printed = `${stdout}\n${stderr}`.replace(/\u001b\[[0-9;]*m/gu, "").replaceAll(scratch, ".");
  outcomes[name] = { status, errors: messages(printed, "ERROR"), warnings: messages(printed, "WARNING") };
  if (process.env.SHOW) console.log(name, printed);
  rmSync(scratch, { recursive: true });
}
writeFileSync(path.join(here, "wrangler.json"), `${JSON.stringify({ wrangler: version, cases: outcomes }, null, 1)}\n`);
