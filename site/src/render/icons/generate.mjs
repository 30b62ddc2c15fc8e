// Writes `lucide.tsv` and `LICENSE-lucide` beside this file from the npm package `lucide-static`:
//
//     npm install --prefix <an empty folder> lucide-static@<version>
//     node generate.mjs <that folder>/node_modules/lucide-static
//
// A line is a name, a tab, and what stands inside the <svg>; or, for a name that Lucide keeps for an icon
// it has renamed, a tab, `=` and the present name. The first line says the version. Lines are sorted by bytes.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const from = process.argv[2];
if (!from) throw new Error("usage: node generate.mjs <folder of lucide-static>");
const { version } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"));
const present = JSON.parse(readFileSync(join(from, "icon-nodes.json"), "utf8"));

const bodies = new Map();
for (const file of readdirSync(join(from, "icons"))) {
  const svg = readFileSync(join(from, "icons", file), "utf8");
  const body = svg
    .replace(/^[\s\S]*?<svg[^>]*>/, "")
    .replace(/<\/svg>\s*$/, "")
    .replace(/\s+/g, " ")
    .replace(/> </g, "><")
    .replace(/ ?\/>/g, "/>")
    .trim();
  // Anything but plain shapes would need a look before it goes into pages.
  if (!/^(<(path|circle|rect|line|ellipse|polyline|polygon)( [a-z0-9-]+="[^"<>&]*")+\/>)+$/.test(body)) {
    throw new Error(`${file} holds more than shapes: ${body}`);
  }
  bodies.set(file.slice(0, -".svg".length), body);
}

const owner = new Map();
for (const name of Object.keys(present)) if (bodies.has(name) && !owner.has(bodies.get(name))) owner.set(bodies.get(name), name);

const byBytes = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const lines = [...bodies].sort(([a], [b]) => byBytes(a, b)).map(([name, body]) => {
  const main = owner.get(body);
  return `${name}\t${main !== undefined && main !== name ? `=${main}` : body}`;
});
const header = `# lucide-static ${version}; licence in LICENSE-lucide; made by generate.mjs`;
writeFileSync(new URL("lucide.tsv", import.meta.url), `${[header, ...lines].join("\n")}\n`);
writeFileSync(new URL("LICENSE-lucide", import.meta.url), readFileSync(join(from, "LICENSE")));
