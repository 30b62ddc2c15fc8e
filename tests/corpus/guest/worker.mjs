// The replay guest on Cloudflare's side: which wasm it is, and what it exports.
import { Program } from "./pmx_shim.mjs";
import module from "./pmx_corpus_guest.wasm";

const program = new Program(module);

export default program.handler;

export class Named extends program.entrypoint("Named") {}
export class One extends program.object("One") {}
export class Other extends program.object("Other") {}
