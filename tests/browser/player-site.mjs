// A site whose pages have the marks that the builder makes, with the Player as it is built: no builder and no Worker needed.
import { readFile } from "node:fs/promises";
import http from "node:http";
import { once } from "node:events";

const SITE = new URL("../../site/src/browser/", import.meta.url);

/** The parts of a file of the theme, as `browser/mod.rs` joins them. */
export async function joined(name) {
  const rust = await readFile(new URL("mod.rs", SITE), "utf8");
  const list = rust.slice(rust.indexOf(`const ${name}`)).match(/concat!\(([\s\S]*?)\n {4}\)/)[1];
  const parts = [...list.matchAll(/include_str!\("([^"]+)"\)|"((?:[^"\\]|\\.)*)"/g)];
  const texts = parts.map(([, path, text]) => (path ? readFile(new URL(path, SITE), "utf8") : JSON.parse(`"${text}"`)));
  return (await Promise.all(texts)).join("");
}

export const block = (id, content, attributes = "") =>
  `<section class="pmx-block pmx-prose" id="${id}" data-pathmx-block="index.path#${id}"${attributes}>${content}</section>`;

/** A page of the site; `next` and `prev` are `[address, title]`. */
export const page = (title, body, { head = "", document = "", prev, next, mount = "", bare = false } = {}) => `<!doctype html>
<html lang="en" data-pmx-artifact="/index.path.html" data-pmx-mount="${mount}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="icon" href="data:,">
<script>{{early}}</script><link rel="stylesheet" href="/assets/base.css">${head}<script src="/assets/player.js" defer></script></head><body>
<a class="pmx-skip" href="#pmx-main">Skip to the text</a>
${bare ? "" : `<header class="pmx-site-header"><a class="pmx-site-title" href="/">The site</a><details class="pmx-site-menu"><summary>Pages</summary>
<nav class="pmx-site-nav" aria-label="Pages"><ul><li><a href="/one.guide" aria-current="page">One</a></li><li><a href="/two.guide">Two</a></li></ul></nav></details></header>`}
<main id="pmx-main"><article class="pmx-document"${document} data-pathmx-source="index.path">${body}</article>
${prev || next ? `<nav class="pmx-pager" aria-label="Previous and next page">${prev ? `<a rel="prev" href="${prev[0]}">${prev[1]}</a>` : ""}${next ? `<a rel="next" href="${next[0]}">${next[1]}</a>` : ""}</nav>` : ""}
</main><footer class="pmx-site-footer"><p>Built with pmx</p></footer></body></html>`;

/** A server of these files: path to text. `post` answers forms: `(path, body) => [status, text]`. */
export class PlayerSite {
  requests = [];
  static #open = new Set();
  static async start(files, { post } = {}) {
    const site = new PlayerSite();
    Object.assign(site, { files, post });
    site.server = http.createServer((request, response) => site.#answer(request, response).catch((error) => response.destroy(error)));
    site.server.listen(0, "127.0.0.1").unref(); // a test that fails before it closes its site ends, too
    await once(site.server, "listening");
    PlayerSite.#open.add(site);
    site.url = `http://127.0.0.1:${site.server.address().port}`;
    return site;
  }

  async #answer(request, response) {
    const path = decodeURIComponent(new URL(request.url, this.url).pathname);
    this.requests.push(`${request.method} ${path}`);
    const send = (status, type, text) => response.writeHead(status, { "content-type": type }).end(text);
    if (request.method === "POST") {
      let body = "";
      for await (const chunk of request) body += chunk;
      const [status, text] = this.post?.(path, body) ?? [405, ""];
      return send(status, "application/json", text);
    }
    if (path === "/assets/player.js") return send(200, "text/javascript", await joined("PLAYER_JS"));
    if (path === "/assets/base.css") return send(200, "text/css", await joined("BASE_CSS"));
    const text = this.files[path];
    if (text === undefined) return send(404, "text/html", page("Not here", ""));
    const type = path.endsWith(".json") ? "application/json" : path.endsWith(".md") ? "text/markdown" : path.endsWith(".css") ? "text/css" : path.endsWith(".svg") ? "image/svg+xml" : "text/html; charset=utf-8";
    send(200, type, typeof text === "string" ? text.replace("{{early}}", await readFile(new URL("early.js", SITE), "utf8")) : JSON.stringify(text));
  }

  /** Ends also what failed tests left: a server keeps its process alive. */
  static async closeAll() {
    for (const site of PlayerSite.#open) await site.close();
  }

  async close() {
    PlayerSite.#open.delete(this);
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}
