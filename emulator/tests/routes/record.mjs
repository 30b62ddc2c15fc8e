// Records which Worker miniflare gives each address of cases.json to, into miniflare.json beside it.
//
//   node record.mjs <folder with node_modules/miniflare>
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node record.mjs <folder with node_modules/miniflare>");
  process.exit(2);
}
const require = createRequire(path.join(path.resolve(folder), "package.json"));
const { Log, LogLevel, Miniflare } = require("miniflare");
const { version } = require("miniflare/package.json");
const file = (name) => path.join(import.meta.dirname, name);

const recorded = [];
for (const { workers, urls } of JSON.parse(readFileSync(file("cases.json"), "utf8"))) {
  const miniflare = new Miniflare({
    log: new Log(LogLevel.NONE),
    cf: false,
    compatibilityDate: "2026-04-01",
    workers: Object.entries(workers).map(([name, routes]) => ({
      name,
      routes,
      modules: true,
      script: `export default { fetch() { return new Response(${JSON.stringify(name)}) } }`,
    })),
  });
  try {
    await miniflare.ready;
    const answers = [];
    for (const url of urls) answers.push(await (await miniflare.dispatchFetch(url)).text());
    recorded.push({ answers });
  } catch (error) {
    recorded.push({ refused: error.message });
  }
  await miniflare.dispose().catch(() => {});
}
writeFileSync(file("miniflare.json"), `${JSON.stringify({ miniflare: version, recorded }, null, 1)}\n`);
