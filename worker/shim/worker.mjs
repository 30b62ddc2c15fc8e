// The Worker that is deployed: which wasm it is, and what it exports. All else is in pmx_shim.mjs and inside the wasm.
import { Program } from "./pmx_shim.mjs";
import module from "./pmx_worker.wasm";

const program = new Program(module);

export default program.handler;

export class SpaceDO extends program.object("SpaceDO") {}
