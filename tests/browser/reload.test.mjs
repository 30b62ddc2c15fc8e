// What is loaded again as a whole: pages without a reading place in `pmx dev`. And a static site, where pages that lead on take query and
// fragment along.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { promisify } from "node:util";
import { launch, open } from "./browser.mjs";
import { Dev } from "./dev.mjs";

let browser, folder, dev, page, server;
before(async () => (browser = await launch()));
after(() => browser.close());
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "pmx-reload-"))));
afterEach(async () => {
  await page?.context().close();
  await dev?.stop();
  server?.close();
  page = dev = server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function write(name, text) {
  await mkdir(join(folder, name, ".."), { recursive: true });
  await writeFile(join(folder, name), text);
}

test("the list of sites shows what became of them, and comes back with the server", async () => {
  await write("a/paths/index.path.md", "# A\n");
  dev = await Dev.start(folder, join(folder, "state"), { site: [], more: ["--multi-site"] });
  page = await open(browser, dev.url);
  await page.waitForSelector("text=up");
  await write("a/paths/index.path.md", "---\na: [\n---\n\n# A\n");
  await page.waitForSelector("text=has errors");
  await write("a/paths/index.path.md", "# A\n");
  await page.waitForFunction(() => !document.body.textContent.includes("has errors") && document.querySelector(".ready"));
  assert.equal(await page.evaluate(() => document.querySelectorAll("script").length), 1, "the layer's script and none of ours");
  const port = Number(new URL(dev.url).port);
  await page.evaluate(() => (window.marked = true));
  await dev.stop();
  dev = await Dev.start(folder, join(folder, "state"), { site: [], more: ["--multi-site"], port });
  await page.waitForFunction(() => !window.marked && document.querySelector(".ready"));
});

test("a site that is not built yet gives way to its page", async () => {
  await write("good/paths/index.path.md", "# Home\n");
  await write("broken/pathmx.config.md", "## Paths\n\n- [Home](./paths/none.md)\n");
  await write("broken/paths/x.md", "# Here it is\n");
  dev = await Dev.start(folder, join(folder, "state"), { site: [], more: ["--multi-site"] });
  const url = dev.url.replace("localhost", "broken.localhost");
  page = await open(browser, `${url}/x`);
  await page.waitForSelector("text=Not built yet");
  await write("broken/pathmx.config.md", "## Paths\n\n- [Home](./paths/x.md)\n");
  await page.waitForSelector("text=Here it is");
});

test("a page without a live client is loaded again when its site was published anew", async () => {
  await write("paths/index.path.md", "# Home\n\n<a href=\"./plain.html\">Plain</a>\n");
  await write("paths/plain.html", "<!doctype html><title>Plain</title><p id=\"words\">One</p>");
  dev = await Dev.start(folder, join(folder, "state"));
  page = await open(browser, dev.url);
  const plain = await page.evaluate(() => document.querySelector("a[href*=plain]").href);
  await page.goto(plain);
  await page.evaluate(() => (window.marked = true));
  await write("paths/index.path.md", "# Home again\n\n<a href=\"./plain.html\">Plain</a>\n");
  await page.waitForFunction(() => !window.marked && document.querySelector("#words"));
});

test("a page of a static site that leads on takes query and fragment along, search finds pages, and nothing is asked of a server", async () => {
  await write("paths/index.path.md", "# Home\n\n[Chess](./chess.lab.md)\n");
  await write("paths/chess.lab.md", "---\nroute: /chess\n---\n\n# Chess\n\nPawns.\n\n## The end\n\nMate.\n");
  await promisify(execFile)(process.env.PMX_BINARY, ["build", "--static", "--base", "/course/"], { cwd: folder });
  const sockets = [], missing = [];
  server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://x").pathname);
    let file = join(folder, "dist", path.replace(/^\/course/, ""));
    if ((await stat(file).catch(() => {}))?.isDirectory()) file = join(file, "index.html");
    const bytes = path.startsWith("/course/") ? await readFile(file).catch(() => {}) : undefined;
    if (!bytes) missing.push(path);
    const kinds = { html: "text/html", css: "text/css", js: "text/javascript", json: "application/json", svg: "image/svg+xml" };
    response.writeHead(bytes ? 200 : 404, { "content-type": kinds[file.split(".").at(-1)] ?? "text/plain" }).end(bytes ?? "nothing");
  });
  server.on("upgrade", (request, socket) => (sockets.push(request.url), socket.destroy()));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}/course`;
  page = await open(browser, `${url}/`);
  await page.waitForURL(`${url}/index.path/`);
  await page.goto(`${url}/labs/../chess.lab/?play#the-end`);
  await page.waitForURL(/\/course\/chess\/\?play.*#the-end$/);
  await page.goto(`${url}/index.path/`);
  await page.waitForFunction(() => window.pmx?.search);
  await page.evaluate(() => window.pmx.loadIndex());
  const found = await page.evaluate(() => window.pmx.findPages("pawns"));
  assert.equal(found[0].href, "/course/chess/");
  await page.goto(`${url}${found[0].href.replace("/course", "")}`);
  await page.waitForSelector("text=Mate.");
  assert.deepEqual([sockets, missing], [[], []]);
});
