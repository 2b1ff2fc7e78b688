import type { DockerEngine } from "./docker-engine.ts";
import type { SuiteRuntime } from "./suite-runtime.ts";

/** Pods in an engine, which has the images of the tests. */
export function dockerRuntime({ address }: DockerEngine): SuiteRuntime {
  return { env: { DOCKER_HOST: address }, prepare: () => undefined };
}
