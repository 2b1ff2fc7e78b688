import { arch } from "node:os";
import type { EdgeSiteConfig } from "#config/edgesite-config.ts";
import { createDockerRuntime } from "#edged/runtime/docker/docker-runtime.ts";
import type { Runtime } from "#edged/runtime/runtime.ts";
import type { Logger } from "#lib/log.ts";

export interface RuntimeChoice {
  readonly config: EdgeSiteConfig["runtime"];
  /** `DOCKER_HOST` */
  readonly dockerHost: string | undefined;
  readonly siteId: string;
  readonly log: Logger;
}

/** The runtime of a site: Docker, where the configuration, DOCKER_HOST or the default socket say. */
export function createRuntime({ config, dockerHost, siteId, log }: RuntimeChoice): Runtime {
  const address = [config.dockerAddress, dockerHost].find((one) => one !== undefined && one !== "");
  return createDockerRuntime({
    address: address ?? "unix:///var/run/docker.sock",
    siteId,
    arch: arch() === "arm64" ? "arm64" : "x64",
    log,
  });
}
