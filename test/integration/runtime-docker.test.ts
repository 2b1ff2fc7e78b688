import { describe, test } from "bun:test";
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { pack } from "tar-stream";
import { siteCgroups } from "#edged/runtime/docker/cgroup-parent.ts";
import { createDockerRuntime } from "#edged/runtime/docker/docker-runtime.ts";
import { silentLogger } from "#lib/log.ts";
import { removeCgroup } from "#linux/cgroup.ts";
import { describeRuntime } from "#test/contract/runtime.ts";
import { eventually } from "#test/kit/eventually.ts";

const address = process.env["DOCKER_HOST"];
const IMAGE = "edgesite.test/busybox:1";

if (address === undefined) {
  describe("docker runtime", () => {
    test.skip("needs an engine at DOCKER_HOST", () => undefined);
  });
} else {
  describeRuntime("docker", async () => {
    const docker = new Docker({ socketPath: address.replace("unix://", "") });
    await importBusybox(docker);
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
        for (const cgroup of siteCgroups(siteId))
          await eventually(() => removeCgroup(cgroup) ?? true);
      },
    };
  });
}

/** An image of nothing but a static busybox and links to it. */
async function importBusybox(docker: Docker): Promise<void> {
  const archive = pack();
  archive.entry({ name: "bin/busybox", mode: 0o755 }, await readFile("/bin/busybox"));
  for (const applet of ["sh", "cat", "sleep", "echo", "wget", "httpd", "nc", "stty"]) {
    archive.entry({ name: `bin/${applet}`, type: "symlink", linkname: "busybox" });
  }
  for (const name of ["tmp", "etc", "proc", "dev", "sys"]) {
    archive.entry({ name, type: "directory", mode: 0o755 });
  }
  archive.finalize();
  const [repo, tag] = IMAGE.split(":");
  const changes = ["ENV PATH=/bin"];
  const progress = await docker.importImage(Readable.from(archive), { repo, tag, changes });
  await text(progress);
}
