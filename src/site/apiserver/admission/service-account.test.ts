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
  await store.write(key, () => ({ put: { ...more, metadata: { name, namespace: "x" } } }));
}

function admitted(spec: Partial<Pod["spec"]>, metadata: Pod["metadata"] = {}): Pod {
  const containers = [{ name: "c", image: "busybox" }];
  const object: Pod = { metadata: { name: "web", ...metadata }, spec: { containers, ...spec } };
  const admission = new Admission({ user: { name: "anna", groups: [] }, now: new Date(0) });
  const target = { resource: PODS, namespace: "x" };
  serviceAccount(store).mutate?.({ operation: "CREATE", target, object, admission });
  return object;
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
});
