/** `kubectl debug`: containers that come into a pod while it runs. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Pod } from "#api/object.ts";
import { eventually } from "#test/kit/eventually.ts";
import { readyPods } from "#test/kit/hello.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

const TEST_MS = 60_000;
const POD = JSON.stringify({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", labels: { app: "web" } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: "main", image: "busybox:1.36", command: ["sleep", "4321"] }],
  },
});

let site: SiteProcess;

beforeAll(async () => {
  site = await SiteProcess.alone(suiteRuntime());
  await site.output(["apply", "-f", "-"], { stdin: POD });
  await readyPods(site, 1, "default");
}, TEST_MS);
afterAll(() => site[Symbol.asyncDispose](), TEST_MS);

const debug = (name: string, options: readonly string[], script: string): Promise<string> =>
  site.output([
    ...["debug", "web", "--image=busybox:1.36", `--container=${name}`, "--profile=general"],
    ...[...options, "--", "sh", "-c", script],
  ]);

const statusOf = async (name: string) => {
  const pod: Pod = JSON.parse(await site.output(["get", "pod", "web", "-o", "json"]));
  const restarts = pod.status?.containerStatuses?.map(({ restartCount }) => restartCount);
  const guest = pod.status?.ephemeralContainerStatuses?.find((one) => one.name === name);
  return { guest, restarts, phase: pod.status?.phase };
};

const ended = (name: string, exitCode: number): Promise<true> =>
  eventually(async () => (await statusOf(name)).guest?.state?.terminated?.exitCode === exitCode);

test(
  "one beside a container sees its processes and its files, and is not started again",
  async () => {
    await debug("inside", ["--target=main"], "tr '\\0' ' ' < /proc/1/cmdline; exit 3");
    await ended("inside", 3);
    expect(await site.output(["logs", "web", "-c", "inside"])).toBe("sleep 4321 ");
    expect(await statusOf("inside")).toMatchObject({ restarts: [0], phase: "Running" });
    await site.stop();
    site.launch();
    await site.ready();
    expect((await statusOf("inside")).guest?.state?.terminated?.exitCode).toBe(3);
  },
  TEST_MS,
);

test(
  "one of its own has the name of the pod, its own processes, and input",
  async () => {
    const script = "hostname; cat /proc/1/comm; read word; echo got $word";
    const talk = ["--stdin", "--attach"];
    const command = ["debug", "web", "--image=busybox:1.36", "-c", "own", "--profile=general"];
    await site.output([...command, ...talk, "--", "sh", "-c", script], { stdin: "said\n" });
    await ended("own", 0);
    expect(await site.output(["logs", "web", "-c", "own"])).toBe("web\nsh\ngot said\n");
    await debug("stays", [], "sleep 1000");
    await eventually(async () => (await statusOf("stays")).guest?.state?.running !== undefined);
    expect(await site.output(["exec", "web", "-c", "stays", "--", "hostname"])).toBe("web\n");
  },
  TEST_MS,
);
