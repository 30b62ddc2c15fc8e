// What Cloudflare loads: it says which wasm this Worker is, and which classes it has. `pmx worker bundle` puts the wasm and pmx_shim.mjs beside it.
import { Program } from "./pmx_shim.mjs";
import module from "./counter.wasm";

const program = new Program(module);

export default program.handler;

export class Counter extends program.object("Counter") {}
