import { afterAll, beforeAll } from "bun:test";
import { DockerEngine } from "#test/kit/docker-engine.ts";
import { dockerRuntime } from "#test/kit/docker-runtime.ts";
import { useEngine } from "#test/kit/shared-engine.ts";
import { useRuntime } from "#test/kit/suite-runtime.ts";

let engine: DockerEngine | undefined;

beforeAll(async () => {
  engine = await DockerEngine.start();
  useEngine(engine);
  useRuntime(dockerRuntime(engine));
}, 60_000);

afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
}, 60_000);
