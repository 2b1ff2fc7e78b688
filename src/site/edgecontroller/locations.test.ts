import { describe, expect, test } from "bun:test";
import type { Pod, PodSpec } from "#api/object.ts";
import { Locations } from "./locations.ts";

const pod = (name: string, nodeName: string, spec: Partial<PodSpec> = {}): Pod => ({
  metadata: { namespace: "ns", name },
  spec: { nodeName, containers: [], ...spec },
});
const from = (
  configMap: string,
  secret: string,
): Pick<PodSpec["containers"][0], "env" | "envFrom"> => ({
  env: [{ name: "A", valueFrom: { configMapKeyRef: { name: configMap, key: "a" } } }],
  envFrom: [{ secretRef: { name: secret } }],
});

function locations(...nodes: string[]): Locations {
  const made = new Locations();
  for (const node of nodes) made.addNode(node);
  return made;
}

describe("Locations", () => {
  test("knows who needs what by every form of reference (kubeedge#2930)", () => {
    const where = locations("edge");
    where.putPod(
      pod("web", "edge", {
        volumes: [
          { name: "a", configMap: { name: "volume" } },
          { name: "b", secret: { secretName: "volume" } },
          {
            name: "c",
            projected: {
              sources: [{ configMap: { name: "projected" } }, { secret: { name: "projected" } }],
            },
          },
        ],
        containers: [{ name: "c", ...from("env", "env") }],
        initContainers: [{ name: "i", ...from("init", "init") }],
        ephemeralContainers: [{ name: "e", ...from("debug", "debug") }],
        imagePullSecrets: [{ name: "pull" }],
      }),
    );
    const used = (type: string, name: string): readonly string[] =>
      where.nodesUsing({ type, key: `ns/${name}` });
    for (const name of ["volume", "projected", "env", "init", "debug"]) {
      expect([name, used("configmap", name), used("secret", name)]).toEqual([
        name,
        ["edge"],
        ["edge"],
      ]);
    }
    expect(used("secret", "pull")).toEqual(["edge"]);
    expect(used("configmap", "pull")).toEqual([]);
  });

  test("forgets what no pod refers to any more", () => {
    const where = locations("edge");
    const volumes = [{ name: "a", configMap: { name: "shared" } }];
    const shared = { type: "configmap", key: "ns/shared" };
    where.putPod(pod("a", "edge", { volumes }));
    where.putPod(pod("b", "edge", { volumes }));
    where.removePod("ns/a");
    expect(where.nodesUsing(shared)).toEqual(["edge"]);
    expect(where.removePod("ns/b")).toEqual([shared]);
    expect(where.nodesUsing(shared)).toEqual([]);
    expect(where.removePod("ns/b")).toEqual([]);
  });

  test("says what a changed pod began and ceased to refer to, and nothing when neither", () => {
    const where = locations("edge");
    const before = pod("a", "edge", { imagePullSecrets: [{ name: "old" }] });
    where.putPod(before);
    expect(where.putPod(before)).toEqual([]);
    const references = where.putPod(pod("a", "edge", { imagePullSecrets: [{ name: "new" }] }));
    expect(references.map(({ key }) => key)).toEqual(["ns/new", "ns/old"]);
    expect(where.nodesUsing({ type: "secret", key: "ns/old" })).toEqual([]);
  });

  test("counts edge nodes only, and pods only once they are bound", () => {
    const where = locations("edge");
    where.putPod(pod("a", ""));
    where.putPod(pod("b", "cloud", { imagePullSecrets: [{ name: "pull" }] }));
    where.putPod(pod("c", "edge"));
    expect(["ns/a", "ns/b", "ns/c"].map((key) => where.nodesOfPod(key))).toEqual([
      [],
      [],
      ["edge"],
    ]);
    expect(where.nodesUsing({ type: "secret", key: "ns/pull" })).toEqual([]);
    where.addNode("cloud");
    expect(where.nodesUsing({ type: "secret", key: "ns/pull" })).toEqual(["cloud"]);
  });
});
