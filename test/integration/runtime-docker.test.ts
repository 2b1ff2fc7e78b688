import { expect, test } from "bun:test";
import { randomUUID } from "node:crypto";
import Docker from "dockerode";
import { removeSiteCgroups } from "#edged/runtime/docker/cgroup-parent.ts";
import { createDockerRuntime } from "#edged/runtime/docker/docker-runtime.ts";
import { silentLogger } from "#lib/log.ts";
import { siteMarks } from "#lib/site-marks.ts";
import { describeRuntime, type RuntimeHarness } from "#test/contract/runtime.ts";
import { eventually } from "#test/kit/eventually.ts";
import { importBusybox } from "#test/kit/image.ts";
import { containerSpec, newPod, sandboxSpec } from "#test/kit/pod-specs.ts";
import { sharedEngine } from "#test/kit/shared-engine.ts";

const TEST_MS = 60_000;
const IMAGE = "edgesite.test/busybox:1";

async function dockerHarness(): Promise<RuntimeHarness> {
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
}

describeRuntime("docker", dockerHarness);

test(
  "output goes on behind the end of an input that stays open for others",
  async () => {
    await using harness = await dockerHarness();
    const { runtime, image } = harness;
    const signal = AbortSignal.timeout(TEST_MS);
    const sandbox = await runtime.startSandbox(sandboxSpec(newPod()), signal);
    const command = ["sh", "-c", "read word; sleep 0.5; echo got $word"];
    const spec = await containerSpec(runtime, { image, command, changes: { stdin: true } }, signal);
    const id = await runtime.createContainer(sandbox.id, spec, signal);
    await runtime.startContainer(id, signal);
    const options = { stdin: true, stdout: true, stderr: true, tty: false };
    const joined = await runtime.attach(id, options, signal);
    const input = joined.stdin?.getWriter();
    await input?.write(Buffer.from("said\n"));
    await input?.close();
    expect(await new Response(joined.stdout).text()).toBe("got said\n");
    expect(await joined.exitCode).toBe(0);
  },
  TEST_MS,
);
