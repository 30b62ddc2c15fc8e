// Drives a Worker whose bucket lost a blob since script.mjs ran: the page fails, the next publish repairs it. Prints what came back.
//
//   node repair.mjs <base URL> '<JSON of options>'
//
// Options as script.mjs has them, and `lost`: the SHA-256 of the blob, which is that of LOST_PATH.
import { Client } from "./client.mjs";
import { site } from "./site.mjs";

const [base, json = "{}"] = process.argv.slice(2);
const { secret = "parity-secret", domain = "path.app", lost } = JSON.parse(json);

const LOST_PATH = "/data/list.json";
/** What the Worker does after its answer takes a moment. */
const TRIES = 200;
const PAUSE_MS = 50;
const ALPHA = `alpha.${domain}`;
const auth = { authorization: `Bearer ${secret}` };
const alpha = site("alpha", 2);

const client = new Client(base);
const post = (name, path, value) => client.http(name, `pathmx.${domain}`, "POST", path, { headers: auth, body: JSON.stringify(value) });
const begin = (name) => post(name, "/api/publish/begin", { subdomain: "alpha", hashes: [...alpha.blobs.keys()].sort() });
const commit = (name) => post(name, "/api/publish/commit", { subdomain: "alpha", roots: alpha.roots });

await commit("commit: the blob is proven to exist");
await client.http("the page misses it", ALPHA, "GET", LOST_PATH);
for (let left = TRIES; left > 0; left -= 1) {
  const begun = (await begin("begin: it is asked for")).json();
  if (begun.missing?.length || left === 1) break;
  client.results.pop();
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
await commit("commit: it is named");
const body = alpha.blobs.get(lost);
await client.http("upload", `pathmx.${domain}`, "PUT", `/api/publish/upload?hash=${lost}`, { headers: { ...auth, "content-length": body.length }, body });
await begin("begin: it is there again");
await commit("commit: it is there again");
await client.http("the page has it", ALPHA, "GET", LOST_PATH);

process.stdout.write(`${client.document()}\n`, () => process.exit(0));
