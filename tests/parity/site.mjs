// A small site in a few versions: the documents and blobs that a build would make of it.
import { createHash } from "node:crypto";

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** Larger than one TCP segment and no text, so that ranges of it show where they were cut. */
export const BINARY = Buffer.from(Array.from({ length: 70_000 }, (_, i) => (i * 31 + (i >> 8)) & 0xff));
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

const page = (title, body, css) =>
  `<!doctype html><meta charset="utf-8"><title>${title}</title>${css ? `<link rel="stylesheet" href="/${css}">` : ""}<p>${body}</p>\n`;

/** A file name that carries its own hash, which makes it immutable. */
const stamped = (folder, name, extension, bytes) => `${folder}/${name}.${sha256(bytes).slice(0, 20)}.${extension}`;

/**
 * One deploy: `roots` is its document, `blobs` maps hashes to bytes, `css` is the path of its stamped stylesheet.
 * Version 2 changes a page and its Source, the stylesheet, one route without its file, removes a picture and adds a page.
 */
export function site(name, version = 1) {
  const second = version >= 2;
  const style = Buffer.from(`p { color: ${second ? "teal" : "black"} }\n`);
  const css = stamped("assets", "style", "css", style);
  const files = {
    "index.path.html": page(`${name} ${version}`, `Version ${version} of ${name}`, css),
    "guide/first.path.html": page("First", "A guide", css),
    "guide/first.path.md": `# First\n\nA guide, version ${version}\n`,
    "404.path.md": "# Not here\n",
    "draft.md": "# Of no page\n",
    "guide/deep/er/page.path.html": page("Deep", "A nested page"),
    "ünï/日本 çödé.path.html": page("Unicode", "A path in many scripts"),
    "404.path.html": page("Not here", "There is no such page"),
    [css]: style,
    "assets/plain.css": "p { margin: 0 }\n",
    "assets/wrong.0123456789abcdef0123.css": "/* a name that only looks like a hash */\n",
    "img/logo.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>\n',
    "data/big.bin": BINARY,
    "data/empty.txt": "",
    "data/list.json": '{"items":[1,2,3]}\n',
    "a b+c&d.txt": "a name with reserved characters\n",
    "noextension": "bytes\n",
  };
  if (second) files["guide/added.path.html"] = page("Added", "New in version 2");
  else files["img/dot.png"] = PNG;

  const sources = {
    "index.path.md": `# Version ${version}\n`,
    "guide/first.path.md": "# First\n",
    "guide/deep/er/page.path.md": "# Deep\n",
    "ünï/日本 çödé.path.md": "# Unicode\n",
  };
  if (second) sources["guide/added.path.md"] = "# Added\n";

  const to = (target, status) => ({ type: "redirect", to: target, status });
  const source = (id, file) => ({ type: "source", source: id, path: file });
  const routes = {
    "/": source("index.path.md", "index.path.html"),
    "/guide": source("guide/first.path.md", "guide/first.path.html"),
    "/guide/deep": second
      ? source("guide/first.path.md", "guide/first.path.html")
      : source("guide/deep/er/page.path.md", "guide/deep/er/page.path.html"),
    "/ünï/日本": source("ünï/日本 çödé.path.md", "ünï/日本 çödé.path.html"),
    "/old": to("/guide", 308),
    "/moved": to("/talks/", 301),
    "/found": to("https://example.com/elsewhere?x=1", 302),
    "/see": to("/guide?from=see", 303),
    "/later": to("/", 307),
  };

  const blobs = new Map();
  const put = (bytes) => {
    const buffer = Buffer.from(bytes);
    const hash = sha256(buffer);
    blobs.set(hash, buffer);
    return hash;
  };
  const root = (entry, files, sources, routes, notFound) => {
    const manifest = { files: {}, sources: {} };
    for (const path of Object.keys(files).sort()) manifest.files[path] = { hash: put(files[path]), size: Buffer.byteLength(files[path]) };
    for (const id of Object.keys(sources).sort()) manifest.sources[id] = { hash: sha256(sources[id]) };
    return { entry, manifest: put(JSON.stringify(manifest)), routes: put(JSON.stringify({ routes, ...(notFound && { notFound }) })) };
  };

  const main = root("index.path.md", files, sources, routes, "404.path.html");
  const talks = root(
    "talks/index.path.md",
    { "index.path.html": page("Talks", `Talks of ${name}`), "slides/one.path.html": page("One", `Slide ${version}`) },
    { "talks/index.path.md": "# Talks\n" },
    { "/": source("talks/index.path.md", "index.path.html"), "/one": source("talks/one.path.md", "slides/one.path.html"), "/home": to("/", 302) },
  );
  return { roots: { roots: { main, talks }, default: "main" }, blobs, css };
}
