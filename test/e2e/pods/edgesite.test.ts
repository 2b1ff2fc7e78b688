/** KubeEdge's own end-to-end suite of EdgeSite (tests/e2e/edgesite/edgesite_test.go, v1.3). */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readyPods } from "#test/kit/hello.ts";
import { SiteProcess } from "#test/kit/site-process.ts";
import { suiteRuntime } from "#test/kit/suite-runtime.ts";

/** The suite's own bound for pods. */
const TEST_MS = 240_000;

let site: SiteProcess;

beforeAll(async () => {
  site = await SiteProcess.alone(suiteRuntime());
}, TEST_MS);

afterAll(() => site[Symbol.asyncDispose](), TEST_MS);

const deploy = async (name: string, replicas: number): Promise<void> => {
  await site.output(["create", "namespace", name]);
  const image = ["--image=busybox:1.36", `--replicas=${replicas}`];
  await site.output(["-n", name, "create", "deployment", "app", ...image, "--", "httpd", "-f"]);
};

const pod = (name: string): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [{ name: "app", image: "busybox:1.36", command: ["httpd", "-f"] }],
    },
  });

const createPod = async (name: string): Promise<void> => {
  await site.output(["apply", "-f", "-"], { stdin: pod(name) });
  await site.output(["wait", "--for=condition=Ready", `pod/${name}`, "--timeout=60s"]);
};

test(
  "E2E_ES_APP_DEPLOYMENT_1: a deployment of one replica runs",
  async () => {
    await deploy("app-1", 1);
    expect(await readyPods(site, 1, "app-1")).toHaveLength(1);
  },
  TEST_MS,
);

test(
  "E2E_ES_APP_DEPLOYMENT_2: a deployment of three replicas runs",
  async () => {
    await deploy("app-2", 3);
    expect(await readyPods(site, 3, "app-2")).toHaveLength(3);
  },
  TEST_MS,
);

test(
  "E2E_ES_APP_DEPLOYMENT_3: pods that are deleted by hand are made anew",
  async () => {
    await deploy("app-3", 3);
    const before = await readyPods(site, 3, "app-3");
    await site.output(["-n", "app-3", "delete", "pod", ...before, "--grace-period=1"]);
    const after = await readyPods(site, 3, "app-3");
    expect(after.filter((name) => before.includes(name))).toEqual([]);
  },
  TEST_MS,
);

test(
  "E2E_ES_POD_DEPLOYMENT_1: a pod is created",
  async () => {
    await createPod("pod-1");
  },
  TEST_MS,
);

test(
  "E2E_ES_POD_DEPLOYMENT_2: a pod is created and deleted",
  async () => {
    await createPod("pod-2");
    await site.output(["delete", "pod", "pod-2", "--wait"]);
  },
  TEST_MS,
);

test(
  "E2E_ES_POD_DEPLOYMENT_3: a pod that is deleted twice is not found the second time",
  async () => {
    await createPod("pod-3");
    await site.output(["delete", "pod", "pod-3", "--wait"]);
    const again = await site.kubectl(["delete", "pod", "pod-3"]);
    expect([again.exitCode, again.stderr]).toEqual([
      1,
      expect.stringContaining('pods "pod-3" not found'),
    ]);
  },
  TEST_MS,
);

test(
  "E2E_ES_POD_DEPLOYMENT_4: a pod is created and deleted again and again",
  async () => {
    for (let turn = 0; turn < 5; turn += 1) {
      await createPod("pod-4");
      await site.output(["delete", "pod", "pod-4", "--wait"]);
    }
  },
  TEST_MS,
);
