import { describe, expect, test } from "bun:test";
import { parse } from "yaml";
import { UserError } from "#lib/errors.ts";
import { createKubeconfig, mergeKubeconfig } from "./kubeconfig.ts";

const access = { server: "https://127.0.0.1:6443", ca: "a certificate\n", token: "a-token" };
const OURS = {
  apiVersion: "v1",
  kind: "Config",
  clusters: [
    {
      name: "edgesite",
      cluster: {
        server: "https://127.0.0.1:6443",
        "certificate-authority-data": Buffer.from("a certificate\n").toString("base64"),
      },
    },
  ],
  users: [{ name: "edgesite", user: { token: "a-token" } }],
  contexts: [{ name: "edgesite", context: { cluster: "edgesite", user: "edgesite" } }],
  "current-context": "edgesite",
};

const THEIRS = `# the works
apiVersion: v1
kind: Config
clusters:
  - name: works # in Ulm
    cluster: {server: "https://works:6443"}
  - name: edgesite
    cluster: {server: "https://old:6443"}
contexts:
  - name: works
    context: {cluster: works, user: me, namespace: lab}
users:
  - name: me
    user: {token: theirs}
current-context: works
preferences: {}
`;

describe("a kubeconfig", () => {
  test("is made with cluster, user and context of one name", () => {
    expect(parse(createKubeconfig(access))).toEqual(OURS);
    expect(parse(createKubeconfig({ ...access, name: "shed" }))["current-context"]).toBe("shed");
  });

  test("of somebody else keeps all but entries of our name, comments and order included", () => {
    const merged = mergeKubeconfig(THEIRS, access);
    expect(merged).toContain("# the works\n");
    expect(merged).toContain("- name: works # in Ulm\n");
    const { clusters, users, contexts, ...rest } = parse(merged);
    expect(clusters.map(({ name }: { name: string }) => name)).toEqual(["works", "edgesite"]);
    expect(clusters[1]).toEqual(OURS.clusters[0]);
    expect(users).toEqual([{ name: "me", user: { token: "theirs" } }, ...OURS.users]);
    expect(contexts[1]).toEqual(OURS.contexts[0]);
    expect(rest).toEqual({
      apiVersion: "v1",
      kind: "Config",
      "current-context": "works",
      preferences: {},
    });
  });

  test("changes its current context only where there is none, or when asked", () => {
    expect(parse(mergeKubeconfig(THEIRS, access, { makeCurrent: true }))["current-context"]).toBe(
      "edgesite",
    );
    const none = THEIRS.replace("current-context: works", 'current-context: ""');
    expect(parse(mergeKubeconfig(none, access))["current-context"]).toBe("edgesite");
  });

  test("merged twice is the same", () => {
    const once = mergeKubeconfig(THEIRS, access);
    expect(mergeKubeconfig(once, access)).toBe(once);
  });

  test("that is empty, or has empty lists, becomes ours", () => {
    expect(parse(mergeKubeconfig("", access))).toEqual(OURS);
    expect(parse(mergeKubeconfig("# nothing\n", access))).toEqual(OURS);
    const empty = "apiVersion: v1\nkind: Config\nclusters: null\nusers: []\n";
    expect(parse(mergeKubeconfig(empty, access))).toEqual(OURS);
  });

  test("that is not one is refused", () => {
    for (const text of ["- a\n", "clusters: {}\n", "a: [", "just text"]) {
      expect(() => mergeKubeconfig(text, access)).toThrow(UserError);
    }
  });
});
