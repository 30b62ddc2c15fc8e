// The probe as a Worker: see main.rs.
import { Program } from "./pmx_shim.mjs";
import module from "./probe.wasm";

const program = new Program(module);

export default program.handler;

export class Probe extends program.object("Probe") {}
export class Other extends program.object("Other") {}
export class Named extends program.entrypoint("Named") {}
