import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Container, Pod, PodSpec } from "#api/object.ts";
import { DockerEngine } from "#test/kit/docker-engine.ts";
import { EdgeNode } from "#test/kit/edge-node.ts";
import { eventually } from "#test/kit/eventually.ts";
import { listenTo } from "#test/kit/pod-process.ts";

/**
 * KubeEdge's TC_TEST_APP_DEPLOYMENT_1 to 16 (`edge/test/integration/appdeployment`): an edge node
 * without a site or an API server, driven through dbTest. KubeEdge's cases wait for phase Running
 * and for the pod to go; these also look whether what a case is named for is so.
 */
const IMAGES = ["busybox:1.36", "busybox:1.36-two"] as const;
const TEST_MS = 60_000;
const MI_BYTES = 1024 * 1024;
const CPU_PERIOD_US = 100_000;

const stack = new AsyncDisposableStack();
let engine: DockerEngine;
let node: EdgeNode;

beforeAll(async () => {
  engine = stack.use(await DockerEngine.start());
  node = stack.use(await EdgeNode.start(engine));
}, TEST_MS);

/** After every case, whatever their order: a node that was driven through them warns of nothing. */
afterAll(async () => {
  const warnings = await node.stop();
  await stack.disposeAsync();
  expect(warnings).toBe("");
}, TEST_MS);

interface App extends Partial<Omit<PodSpec, "containers">> {
  readonly container?: Partial<Container>;
}

/** An application as KubeEdge's tests send it: name, UID and container are one, the kind is wrong. */
function appOf(name: string, { container, ...spec }: App = {}): Pod {
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "default", uid: name },
    spec: {
      nodeName: "edge-node",
      restartPolicy: "OnFailure",
      terminationGracePeriodSeconds: 0,
      containers: [
        {
          name,
          image: IMAGES[0],
          imagePullPolicy: "IfNotPresent",
          command: ["httpd", "-f", "-p", "8080"],
          ...container,
        },
      ],
      ...spec,
    },
  };
}

async function deploy(app: Pod): Promise<Pod> {
  await node.send("PUT", "/pods", app);
  return node.podThat(nameOf(app), "is running", ({ status }) => status?.phase === "Running");
}

/** Deletes an application and waits until nothing of it is left, on dbTest or in the engine. */
async function remove(app: Pod): Promise<void> {
  const name = nameOf(app);
  await node.send("DELETE", "/pods", app);
  expect(await node.pod(name)).toBeUndefined();
  await eventually(async () => (await node.containers(name)).length === 0, {
    what: `${name}: is gone`,
  });
}

const nameOf = ({ metadata }: Pod): string => metadata?.name ?? "";
const containerOf = ({ status }: Pod) => status?.containerStatuses?.[0];
const isReady = (pod: Pod) => containerOf(pod)?.ready;

/** What Docker was asked for to make an application's container. */
async function hostConfig(app: Pod): Promise<Record<string, unknown>> {
  const [id = ""] = await node.containers(nameOf(app), "main");
  const { stdout } = await engine.docker(["inspect", "-f", "{{json .HostConfig}}", id]);
  return JSON.parse(stdout);
}

async function kill(app: Pod): Promise<void> {
  const [id = ""] = await node.containers(nameOf(app), "main");
  expect((await engine.docker(["kill", id])).exitCode).toBe(0);
}

describe("applications on an edge node without a site", () => {
  const withApp = (name: string, app: Pod, look: (pod: Pod) => Promise<void> | void) =>
    test(
      name,
      async () => {
        await look(await deploy(app));
        await remove(app);
      },
      TEST_MS,
    );

  withApp("1: an application is deployed", appOf("app-1"), async ({ status }) => {
    expect(status).toMatchObject({ phase: "Running", hostIP: "10.42.0.1" });
    expect(
      await engine.namespace.output(["curl", "-s", `http://${status?.podIP}:8080/etc/group`]),
    ).toContain("root:");
  });

  test(
    "2: applications are listed",
    async () => {
      const apps = [appOf("app-2a"), appOf("app-2b")];
      for (const app of apps) await deploy(app);
      const listed = (await node.pods()).map((pod) => [nameOf(pod), pod.status?.phase]);
      for (const app of apps) expect(listed).toContainEqual([nameOf(app), "Running"]);
      for (const app of apps) await remove(app);
    },
    TEST_MS,
  );

  const second = { container: { image: IMAGES[1] } };
  withApp("3: an application is deleted", appOf("app-3", second), () => undefined);

  test(
    "4: a second application is deployed beside the first",
    async () => {
      const apps = [appOf("app-4a"), appOf("app-4b", second)];
      for (const app of apps) await deploy(app);
      const [first] = apps.map(nameOf);
      expect((await node.pod(first ?? ""))?.status?.phase).toBe("Running");
      await Promise.all(apps.map(remove));
    },
    TEST_MS,
  );

  test(
    "5: applications are deleted one after the other, the others run on",
    async () => {
      const apps = [appOf("app-5a"), appOf("app-5b", second)] as const;
      for (const app of apps) await deploy(app);
      const [before] = await node.containers("app-5b", "main");
      await remove(apps[0]);
      expect((await node.containers("app-5b", "main"))[0]).toBe(before);
      await remove(apps[1]);
    },
    TEST_MS,
  );

  const never = appOf("app-6", { restartPolicy: "Never" });
  withApp("6: restart policy Never: what ends has ended", never, async () => {
    await kill(never);
    const pod = await node.podThat(
      "app-6",
      "has failed",
      ({ status }) => status?.phase === "Failed",
    );
    expect(containerOf(pod)).toMatchObject({
      restartCount: 0,
      state: { terminated: { exitCode: 137 } },
    });
  });

  const always = appOf("app-7", { restartPolicy: "Always" });
  withApp("7: restart policy Always: what ends comes back", always, async () => {
    await kill(always);
    const back = await node.podThat(
      "app-7",
      "runs again",
      (pod) => isReady(pod) && containerOf(pod)?.restartCount === 1,
    );
    expect(containerOf(back)?.lastState?.terminated?.exitCode).toBe(137);
  });

  withApp("8: without probes a container that runs is ready", appOf("app-8"), async () => {
    await node.podThat("app-8", "is ready", isReady);
  });

  const nobody = { httpGet: { path: "/var/lib/edged", port: 1884, scheme: "HTTP" } };
  const dying = appOf("app-9", {
    container: {
      livenessProbe: { ...nobody, timeoutSeconds: 1, periodSeconds: 1, failureThreshold: 1 },
    },
  });
  withApp("9: a liveness probe that fails restarts the container", dying, async () => {
    await node.podThat(
      "app-9",
      "was restarted",
      (pod) => (containerOf(pod)?.restartCount ?? 0) > 0,
    );
  });

  const served = { httpGet: { path: "/tmp/ready", port: 8080, scheme: "HTTP" } };
  const service = appOf("app-10", {
    container: { readinessProbe: { ...served, timeoutSeconds: 1, periodSeconds: 1 } },
  });
  withApp("10: a service probe decides who is ready", service, async (pod) => {
    expect(isReady(pod)).toBe(false);
    const [id = ""] = await node.containers("app-10", "main");
    await engine.docker(["exec", id, "touch", "/tmp/ready"]);
    expect(containerOf(await node.podThat("app-10", "is ready", isReady))?.restartCount).toBe(0);
  });

  const limited = (name: string, resources: Container["resources"]) =>
    appOf(name, { container: { ...(resources && { resources }) } });
  const memory = limited("app-11", { limits: { memory: "1024Mi" } });
  withApp("11: a memory limit holds", memory, async () => {
    expect(await hostConfig(memory)).toMatchObject({ Memory: 1024 * MI_BYTES });
  });

  const cpu = limited("app-12", { limits: { cpu: "0.75" } });
  withApp("12: a CPU limit holds", cpu, async () => {
    expect(await hostConfig(cpu)).toMatchObject({
      CpuPeriod: CPU_PERIOD_US,
      CpuQuota: 0.75 * CPU_PERIOD_US,
    });
  });

  const less = limited("app-13", {
    limits: { cpu: "0.25", memory: "256M" },
    requests: { cpu: "0.50", memory: "512Mi" },
  });
  withApp("13: limits below the requests are the limits", less, async () => {
    expect(await hostConfig(less)).toMatchObject({
      Memory: 256e6,
      CpuQuota: 0.25 * CPU_PERIOD_US,
      CpuShares: 512,
    });
  });

  const both = limited("app-14", {
    limits: { cpu: "0.75", memory: "1024Mi" },
    requests: { cpu: "0.25", memory: "512Mi" },
  });
  withApp("14: requests and limits go together", both, async ({ status }) => {
    expect(status?.qosClass).toBe("Burstable");
    expect(await hostConfig(both)).toMatchObject({
      Memory: 1024 * MI_BYTES,
      CpuQuota: 0.75 * CPU_PERIOD_US,
      CpuShares: 256,
    });
  });

  const onHost = appOf("app-15", {
    hostNetwork: true,
    container: { command: ["sh", "-c", "nc -ll -p 8015 -e echo from the host"], ports: [] },
  });
  withApp("15: the host's network is the container's", onHost, async ({ status }) => {
    expect(status?.podIP).toBe("10.42.0.1");
    await eventually(async () => (await answerOf(8015)) === "from the host\n");
  });

  const mapped = appOf("app-16", {
    container: {
      command: ["sh", "-c", "nc -ll -p 10256 -e echo from the pod"],
      ports: [{ hostPort: 10255, containerPort: 10256, protocol: "TCP", hostIP: "127.0.0.1" }],
    },
  });
  withApp("16: a port of the host leads to the container's, another one", mapped, async () => {
    await eventually(async () => (await answerOf(10255)) === "from the pod\n");
    expect(await answerOf(10256)).toBe("");
  });
});

/** What answers on a port of the node's loopback; `""` when nobody does. */
async function answerOf(port: number): Promise<string> {
  return (await engine.namespace.run(listenTo("127.0.0.1", port))).stdout;
}
