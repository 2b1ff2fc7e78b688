import { beforeEach, describe, expect, test } from "bun:test";
import type { Pod, ServiceAccount } from "#api/object.ts";
import { PODS, SERVICE_ACCOUNTS } from "#api/resources.ts";
import { MemoryStore } from "#test/kit/memory-store.ts";
import { Admission } from "../admission.ts";
import { keyOf } from "../kind.ts";
import { serviceAccount } from "./service-account.ts";

const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

let store: MemoryStore;
beforeEach(() => {
  store = new MemoryStore();
});

async function account(name: string, more: ServiceAccount = {}): Promise<void> {
  const key = keyOf({ resource: SERVICE_ACCOUNTS, namespace: "x" }, name);
  const metadata = { ...more.metadata, name, namespace: "x" };
  await store.write(key, () => ({ put: { ...more, metadata } }));
}

function admitted(spec: Partial<Pod["spec"]>, metadata: Pod["metadata"] = {}): Pod {
  const containers = [{ name: "c", image: "busybox" }];
  const object: Pod = { metadata: { name: "web", ...metadata }, spec: { containers, ...spec } };
  const admission = new Admission({ user: { name: "anna", groups: [] }, now: new Date(0) });
  const target = { resource: PODS, namespace: "x" };
  serviceAccount(store).mutate?.({ operation: "CREATE", target, object, admission });
  return object;
}

/** What is said against a pod of a strict account with a Secret and a pull Secret of its own. */
async function refusalOf(spec: Partial<Pod["spec"]>, guests = false): Promise<string | undefined> {
  await account("robot", {
    metadata: { annotations: { "kubernetes.io/enforce-mountable-secrets": "true" } },
    secrets: [{ name: "own" }],
    imagePullSecrets: [{ name: "pull" }],
  });
  const full = { serviceAccountName: "robot", ...spec };
  try {
    if (guests) {
      const object: Pod = { metadata: { name: "web" }, spec: { containers: [], ...full } };
      const admission = new Admission({ user: { name: "anna", groups: [] }, now: new Date(0) });
      const target = {
        resource: PODS,
        namespace: "x",
        name: "web",
        subresource: "ephemeralcontainers",
      };
      const request = { operation: "UPDATE" as const, target, object, current: object, admission };
      serviceAccount(store).validate?.(request);
    } else admitted(full);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const mountPaths = ({ spec }: Pod): string[] =>
  (spec?.containers ?? []).flatMap(({ volumeMounts = [] }) =>
    volumeMounts.map((one) => one.mountPath),
  );

describe("a pod", () => {
  test("runs as default and finds its token where client libraries look", () => {
    const { spec } = admitted({ initContainers: [{ name: "i", image: "busybox" }] });
    expect(spec).toMatchObject({ serviceAccountName: "default", serviceAccount: "default" });
    const [volume] = spec?.volumes ?? [];
    expect(volume?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(volume?.projected).toEqual({
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        {
          downwardAPI: {
            items: [
              {
                path: "namespace",
                fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" },
              },
            ],
          },
        },
      ],
    });
    const mount = { name: volume?.name, mountPath: MOUNT_PATH, readOnly: true };
    for (const one of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
      expect(one.volumeMounts as unknown).toEqual([mount]);
    }
  });

  test("of an account that is not there is refused", () => {
    expect(() => admitted({ serviceAccountName: "ghost" })).toThrow(
      'pods "web" is forbidden: error looking up service account x/ghost: serviceaccount "ghost" not found',
    );
  });

  test("gets the pull secrets of its account, unless it brings its own", async () => {
    await account("robot", { imagePullSecrets: [{ name: "registry" }] });
    expect(admitted({ serviceAccountName: "robot" }).spec?.imagePullSecrets).toEqual([
      { name: "registry" },
    ]);
    const own = [{ name: "own" }];
    expect(
      admitted({ serviceAccountName: "robot", imagePullSecrets: own }).spec?.imagePullSecrets,
    ).toEqual(own);
  });

  test.each<[boolean | undefined, boolean | undefined, boolean]>([
    [undefined, undefined, true],
    [false, undefined, false],
    [undefined, false, false],
    [true, false, true],
    [false, true, false],
  ])("with automount %p, of an account with %p: %p", async (ofPod, ofAccount, expected) => {
    await account("robot", {
      ...(ofAccount !== undefined && { automountServiceAccountToken: ofAccount }),
    });
    const made = admitted({
      serviceAccountName: "robot",
      ...(ofPod !== undefined && { automountServiceAccountToken: ofPod }),
    });
    expect(made.spec?.volumes !== undefined).toBe(expected);
    expect(mountPaths(made).includes(MOUNT_PATH)).toBe(expected);
  });

  test("that mounts something there itself keeps it", () => {
    const volumes = [{ name: "mine", emptyDir: {} }];
    const volumeMounts = [{ name: "mine", mountPath: MOUNT_PATH }];
    const containers = [{ name: "c", image: "busybox", volumeMounts }];
    expect(admitted({ containers, volumes }).spec).toMatchObject({ containers, volumes });
  });

  test("that was exported with its volume keeps that one", () => {
    const volumes = [{ name: "kube-api-access-abcde", projected: { sources: [] } }];
    const made = admitted({ volumes });
    expect(made.spec?.volumes).toEqual(volumes);
    expect(made.spec?.containers[0]?.volumeMounts?.[0]?.name).toBe("kube-api-access-abcde");
  });

  test("that mirrors a static one is left as it is", () => {
    const annotations = { "kubernetes.io/config.mirror": "x" };
    expect(admitted({}, { annotations }).spec?.volumes).toBeUndefined();
  });

  test.each<[Partial<Pod["spec"]>, string]>([
    [{ serviceAccountName: "robot" }, "reference service accounts"],
    [{ volumes: [{ name: "s", secret: { secretName: "s" } }] }, "reference secrets"],
    [
      {
        volumes: [{ name: "s", projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }],
      },
      "use ServiceAccountToken volume projections",
    ],
  ])("that mirrors a static one has nothing of the API: %j", (spec, what) => {
    const annotations = { "kubernetes.io/config.mirror": "x" };
    expect(() => admitted(spec, { annotations })).toThrow(
      `pods "web" is forbidden: a mirror pod may not ${what}`,
    );
  });
});

describe("a pod of an account that enforces which Secrets it mounts", () => {
  const container = { name: "c", image: "busybox" };
  const env = (name: string) => [{ name: "A", valueFrom: { secretKeyRef: { name, key: "k" } } }];
  const envFrom = (name: string) => [{ secretRef: { name } }];
  const not = "is not allowed because service account robot does not reference that";

  test("uses those that the account names", async () => {
    const spec = {
      volumes: [{ name: "s", secret: { secretName: "own" } }],
      containers: [{ ...container, env: env("own"), envFrom: envFrom("own") }],
      imagePullSecrets: [{ name: "pull" }],
    };
    expect(await refusalOf(spec)).toBeUndefined();
    expect(
      await refusalOf({ ephemeralContainers: [{ name: "e", env: env("own") }] }, true),
    ).toBeUndefined();
  });

  test.each<[Partial<Pod["spec"]>, string, boolean]>([
    [
      { volumes: [{ name: "s", secret: { secretName: "x" } }] },
      `volume with secret.secretName="x" ${not} secret`,
      false,
    ],
    [
      { initContainers: [{ ...container, name: "i", env: env("x") }] },
      `init container i with envVar A referencing secret.secretName="x" ${not} secret`,
      false,
    ],
    [
      { containers: [{ ...container, envFrom: envFrom("x") }] },
      `container c with envFrom referencing secret.secretName="x" ${not} secret`,
      false,
    ],
    [
      { imagePullSecrets: [{ name: "pull" }, { name: "x" }] },
      `imagePullSecrets[1].name="x" ${not} imagePullSecret`,
      false,
    ],
    [
      { ephemeralContainers: [{ name: "e", env: env("x") }] },
      `ephemeral container e with envVar A referencing secret.secretName="x" ${not} secret`,
      true,
    ],
  ])("uses no others: %j", async (spec, why, guests) => {
    expect(await refusalOf(spec, guests)).toBe(`pods "web" is forbidden: ${why}`);
  });
});
