// Drives `examples/counter` at an address, and prints what it answered and sent as JSON.
//
//   node counter.mjs <address>
import WebSocket from "ws";

const [url] = process.argv.slice(2);
const record = [];

async function ask(method, path, body, headers = {}) {
  // Else miniflare compresses what it passes on.
  const answer = await fetch(url + path, { method, body, headers: { "accept-encoding": "identity", ...headers } });
  const names = ["content-type", "content-length", "cache-control", "etag", "x-content-type-options"];
  const kept = Object.fromEntries(names.map((name) => [name, answer.headers.get(name)]));
  record.push({ method, path, status: answer.status, ...kept, body: await answer.text() });
  return answer;
}

/** A window: what it hears, one after the other. */
class Window {
  heard = [];
  waiting = [];

  static async open() {
    const window = new Window();
    window.socket = new WebSocket(`${url.replace("http", "ws")}/live`);
    window.socket.on("message", (data, isBinary) => window.hear({ text: String(data), isBinary }));
    window.socket.on("close", (code, reason) => window.hear({ code, reason: String(reason) }));
    await new Promise((resolve, reject) => window.socket.on("open", resolve).on("error", reject));
    return window;
  }

  hear(what) {
    const next = this.waiting.shift();
    if (next) next(what);
    else this.heard.push(what);
  }

  async note(name) {
    record.push({ [name]: await (this.heard.shift() ?? new Promise((resolve) => this.waiting.push(resolve))) });
  }
}

for (const [method, path] of [["GET", "/"], ["HEAD", "/"], ["GET", "/count"], ["HEAD", "/count"], ["GET", "/live"], ["DELETE", "/visit"], ["GET", "/none"]]) {
  await ask(method, path);
}
for (const name of ["Ada", " Grace\n", "", "x".repeat(41), "y".repeat(1_000_000)]) await ask("POST", "/names", name);
await ask("GET", "/names");
await ask("GET", "/picture");
await ask("PUT", "/picture", "<svg/>", { "content-type": "image/svg+xml" });
await ask("PUT", "/picture", "not really a PNG", { "content-type": "image/png" });
const etag = (await ask("GET", "/picture")).headers.get("etag");
await ask("GET", "/picture", undefined, { "if-none-match": etag });
await ask("GET", "/picture", undefined, { "if-none-match": '"other"' });
await ask("HEAD", "/picture");

const ada = await Window.open();
await ada.note("ada");
ada.socket.send("Ada");
await ada.note("ada");
const grace = await Window.open();
for (const [name, window] of [["ada", ada], ["grace", grace]]) await window.note(name);
grace.socket.send("ping");
await grace.note("grace");
await ask("POST", "/visit");
for (const [name, window] of [["ada", ada], ["grace", grace]]) await window.note(name);
grace.socket.close(4001, "bye");
await grace.note("grace");
await ada.note("ada");
ada.socket.send(Buffer.from("binary"));
await ada.note("ada");
await ask("GET", "/count");

console.log(JSON.stringify(record));
