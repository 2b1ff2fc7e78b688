import { expect, test } from "bun:test";
import type { EndpointSlice, Pod, Service } from "#api/object.ts";
import { endpointsObject } from "./endpoints-object.ts";
import { backendsOf } from "./service-endpoints.ts";
import { planSlices } from "./slices.ts";

const service = (spec: Service["spec"] = {}): Service => ({
  metadata: { name: "web", namespace: "x", uid: "s", labels: { team: "a" } },
  spec: {
    selector: { app: "web" },
    ports: [{ name: "http", port: 80, targetPort: "http", protocol: "TCP" }],
    ...spec,
  },
});

interface Given {
  readonly ready?: boolean;
  readonly ending?: boolean;
  readonly port?: number;
  readonly phase?: string;
}

function pod(
  index: number,
  { ready = true, ending, port = 8080, phase = "Running" }: Given = {},
): Pod {
  return {
    metadata: {
      name: `web-${index}`,
      namespace: "x",
      uid: `p${index}`,
      ...(ending && { deletionTimestamp: "2030-01-01T00:00:00Z" }),
    },
    spec: {
      nodeName: "edge",
      containers: [{ name: "c", ports: [{ name: "http", containerPort: port }] }],
    },
    status: {
      phase,
      podIP: `10.42.${index >> 8}.${index & 255}`,
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
}

const plan = (pods: readonly Pod[], existing: readonly EndpointSlice[] = [], spec = {}) =>
  planSlices(service(spec), backendsOf(service(spec), pods), existing);

/** What the API would store of a slice that was created. */
const stored = (slices: readonly EndpointSlice[]): EndpointSlice[] =>
  slices.map((slice, index) => ({
    ...slice,
    metadata: { ...slice.metadata, name: `web-${index}`, uid: `e${index}` },
  }));

test("a Service without pods has one empty slice", () => {
  const { create } = plan([]);
  expect(create).toHaveLength(1);
  expect(create[0]).toMatchObject({ addressType: "IPv4", endpoints: null, ports: null });
  expect(create[0]?.metadata?.labels).toEqual({
    team: "a",
    "kubernetes.io/service-name": "web",
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
  });
  expect(plan([], stored(create))).toEqual({ create: [], update: [], remove: [] });
});

test("conditions tell ready, serving and ending apart", () => {
  const pods = [
    pod(1),
    pod(2, { ready: false }),
    pod(3, { ending: true }),
    pod(4, { phase: "Failed" }),
  ];
  const conditions = plan(pods).create[0]?.endpoints?.map((endpoint) => endpoint.conditions);
  expect(conditions).toEqual([
    { ready: true, serving: true, terminating: false },
    { ready: false, serving: false, terminating: false },
    { ready: false, serving: true, terminating: true },
  ]);
});

test("publishNotReadyAddresses makes all of them ready", () => {
  const spec = { publishNotReadyAddresses: true };
  const endpoints = plan([pod(1, { ready: false })], [], spec).create[0]?.endpoints;
  expect(endpoints?.[0]?.conditions).toEqual({ ready: true, serving: false, terminating: false });
});

test("slices hold a hundred, and a change is written to the slice that it is in", () => {
  const pods = Array.from({ length: 250 }, (_, index) => pod(index));
  const slices = stored(plan(pods).create);
  expect(slices.map(({ endpoints }) => endpoints?.length)).toEqual([100, 100, 50]);
  expect(plan(pods, slices)).toEqual({ create: [], update: [], remove: [] });
  const without = pods.toSpliced(150, 1);
  const { create, update, remove } = plan(without, slices);
  expect([create, remove]).toEqual([[], []]);
  expect(update.map(({ metadata }) => metadata?.name)).toEqual(["web-1"]);
  const more = plan([...pods, pod(300)], slices);
  expect([more.create.length, more.update.length]).toEqual([0, 1]);
});

test("pods that have a named port elsewhere get a slice of their own", () => {
  const { create } = plan([pod(1), pod(2, { port: 9090 })]);
  expect(create.map(({ ports }) => ports?.[0]?.port)).toEqual([8080, 9090]);
});

test("a Service that lost its last pod has one empty slice again", () => {
  const slices = stored(plan([pod(1)]).create);
  const { create, update, remove } = plan([], slices);
  expect(create.map(({ endpoints }) => endpoints)).toEqual([null]);
  expect([update, remove]).toEqual([[], slices]);
});

test("Endpoints show who is ready and who is not, and nobody that is ending", () => {
  const pods = [pod(2), pod(1), pod(3, { ready: false }), pod(4, { ending: true })];
  const { subsets, metadata } = endpointsObject(service(), backendsOf(service(), pods), undefined);
  expect(metadata?.labels?.["team"]).toBe("a");
  expect(subsets).toHaveLength(1);
  expect(subsets?.[0]?.addresses?.map(({ ip }) => ip)).toEqual(["10.42.0.1", "10.42.0.2"]);
  expect(subsets?.[0]?.notReadyAddresses?.map(({ ip }) => ip)).toEqual(["10.42.0.3"]);
  expect(subsets?.[0]?.ports).toEqual([{ name: "http", port: 8080, protocol: "TCP" }]);
});

test("a headless Service without ports still has addresses", () => {
  const headless = service({ clusterIP: "None", ports: [] });
  const { subsets, metadata } = endpointsObject(
    headless,
    backendsOf(headless, [pod(1)]),
    undefined,
  );
  expect(metadata?.labels?.["service.kubernetes.io/headless"]).toBe("");
  expect(subsets?.[0]?.addresses).toHaveLength(1);
  expect(subsets?.[0]?.ports).toBeUndefined();
});
