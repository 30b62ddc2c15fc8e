// A server that speaks what worker/API.md promises to a page, and that a test can make slow, stale or forgetful.
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { WebSocketServer } from "ws";

const THEME = new URL("../../site/src/browser/", import.meta.url);

/** One page with the frame that the builder emits. */
export function page(body, { artifact = "/index.path.html", head = "", title = "Page", html = "" } = {}) {
  return `<!DOCTYPE html>
<html lang="en" data-pmx-artifact="${artifact}"${html}>
<head>
<meta charset="utf-8"><title>${title}</title>
<link rel="icon" href="data:,">
${head}
<script defer src="/assets/live.js"></script>
</head>
<body>
<main><article class="pmx-document" data-pathmx-source="index.path">
${body}
</article></main>
</body></html>`;
}

/** One Block as the builder emits it. */
export const block = (id, content) =>
  `<section class="pmx-block pmx-prose" id="${id}" data-pathmx-block="index.path#${id}">${content}</section>`;

export class Stub {
  /** Every document request: `{path, fresh, minSeq, seq}`. */
  requests = [];
  /** The `deploy` of every socket that came. */
  sockets = [];
  /** Deploys by `seq`: `{deploy, files}`; `files` maps a path to text or `{status, location, body, type}`. */
  history = [];
  /** How many of the next document requests see the deploy before the active one. */
  stale = 0;
  /** Holds document answers back until it resolves. */
  gate = undefined;
  /** Whether it can say that its answers are the newest. */
  sure = true;
  /** How many requests for style sheets are refused, as from a place that does not know a deploy yet. */
  refuseSheets = 0;
  /** Whether answers carry `Server-Timing`. */
  timing = true;
  /** Deploy ids that are known no longer. */
  pruned = new Set();

  static async start() {
    const stub = new Stub();
    stub.live = await readFile(new URL("live.js", THEME));
    stub.server = http.createServer((request, response) => stub.#answer(request, response).catch((error) => response.destroy(error)));
    stub.wss = new WebSocketServer({ noServer: true });
    stub.server.on("upgrade", (request, socket, head) => {
      if (stub.refuse) return socket.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n");
      stub.wss.handleUpgrade(request, socket, head, (ws) => stub.#connected(ws, new URL(request.url, "http://x").searchParams.get("deploy")));
    });
    stub.server.listen(0, "127.0.0.1").unref(); // a test that fails before it closes its site ends, too
    await once(stub.server, "listening");
    stub.port = stub.server.address().port;
    stub.url = `http://127.0.0.1:${stub.port}`;
    return stub;
  }

  get seq() {
    return this.history.length;
  }

  /** Activates a deploy; `frames: false` leaves the telling to the test. */
  publish(files, { frames = true, deploy = `deploy-${this.seq + 1}` } = {}) {
    const before = this.history.at(-1)?.files ?? {};
    this.history.push({ deploy, files });
    if (frames && this.seq > 1) this.#tell(this.wss.clients, before, files);
  }

  /** Sends one `artifacts-changed` frame to every page. */
  frame(...paths) {
    for (const ws of this.wss.clients) ws.send(JSON.stringify({ type: "artifacts-changed", paths }));
  }

  /** Cuts every connection without a closing handshake. */
  cut() {
    for (const ws of this.wss.clients) ws.terminate();
  }

  #tell(clients, before, after) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
    const paths = names.map((name) => (/\.\w+$/.test(name) && !/\.path$/.test(name) ? name : `${name}.html`)).sort();
    if (!paths.length) return;
    for (const ws of clients) {
      ws.send(JSON.stringify({ type: "sources-changed", sources: paths.map((path) => path.slice(1)) }));
      ws.send(JSON.stringify({ type: "artifacts-changed", paths }));
    }
  }

  #connected(ws, deploy) {
    this.sockets.push(deploy);
    const known = this.history.find((entry) => entry.deploy === deploy);
    if (!known || this.pruned.has(deploy)) return ws.close(4404, "unknown deploy");
    this.#tell([ws], known.files, this.history.at(-1).files);
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.url);
    if (pathname === "/assets/live.js") return void response.writeHead(200, { "content-type": "text/javascript" }).end(this.live);
    if (/\.css$/.test(pathname) && this.refuseSheets-- > 0) return void response.writeHead(404).end();
    const isDocument = /\.path$|^\/\w*$/.test(pathname);
    const behind = isDocument && this.stale > 0 && this.seq > 1;
    if (behind) this.stale -= 1;
    const seq = this.seq - (behind ? 1 : 0);
    const { deploy, files } = this.history[seq - 1];
    if (isDocument) {
      this.requests.push({ path: pathname, fresh: request.headers["pmx-fresh"], minSeq: request.headers["pmx-min-seq"], seq });
      await this.gate;
    }
    const entry = files[pathname] ?? { status: 404, body: files["/404"] ?? page("<h1>Not here</h1>", { artifact: "/404.html", title: "Not here" }) };
    const { status = 200, location, body = entry, type } = typeof entry === "string" ? {} : entry;
    const headers = { "content-type": type ?? (/\.css$/.test(pathname) ? "text/css" : /\.js$/.test(pathname) ? "text/javascript" : "text/html; charset=utf-8") };
    if (location) headers.location = location;
    if (!this.plain) {
      headers["pmx-deploy"] = deploy;
      headers["pmx-seq"] = String(seq);
      if (this.timing) headers["server-timing"] = `pmx-deploy;desc="${deploy}", pmx-seq;desc="${seq}"`;
    }
    const { "pmx-fresh": fresh, "pmx-min-seq": minSeq } = request.headers;
    if (fresh || minSeq) headers["pmx-fresh"] = (fresh ? this.sure && !behind : seq >= minSeq) ? "1" : "0";
    headers["cache-control"] = /\.[0-9a-f]{16}\./.test(pathname) ? "public, max-age=31536000, immutable" : "public, max-age=0, must-revalidate";
    response.writeHead(status, headers).end(typeof body === "string" ? body : "");
  }

  async close() {
    this.cut();
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}
