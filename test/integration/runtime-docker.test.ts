import { randomUUID } from "node:crypto";
import Docker from "dockerode";
import { removeSiteCgroups } from "#edged/runtime/docker/cgroup-parent.ts";
import { createDockerRuntime } from "#edged/runtime/docker/docker-runtime.ts";
import { silentLogger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import { describeRuntime } from "#test/contract/runtime.ts";
import { eventually } from "#test/kit/eventually.ts";
import { importBusybox } from "#test/kit/image.ts";
import { sharedEngine } from "#test/kit/shared-engine.ts";

const IMAGE = "edgesite.test/busybox:1";

describeRuntime("docker", async () => {
  const { address } = sharedEngine();
  await importBusybox(IMAGE, address);
  const docker = new Docker({ socketPath: address.replace("unix://", "") });
  const siteId = randomUUID().slice(0, 8);
  const runtime = createDockerRuntime({
    address,
    siteId,
    arch: process.arch === "arm64" ? "arm64" : "x64",
    log: silentLogger,
  });
  return {
    runtime,
    image: IMAGE,
    async [Symbol.asyncDispose]() {
      const label = [`edgesite.io/site=${siteId}`];
      const left = await docker.listContainers({ all: true, filters: { label } });
      await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true })));
      await eventually(() => removeSiteCgroups(siteMarks(siteId)).length === 0);
    },
  };
});
