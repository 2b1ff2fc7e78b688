import { must } from "#lib/errors.ts";
import type { DockerEngine } from "./docker-engine.ts";

let engine: DockerEngine | undefined;

/** Says which engine the end-to-end tests of this process share. */
export function useEngine(shared: DockerEngine): void {
  engine = shared;
}

/** The engine that all end-to-end tests share: starting one costs more than most of them. */
export function sharedEngine(): DockerEngine {
  return must(engine, "an engine: run this with --preload ./test/kit/with-engine.ts");
}
