import { setDefaultServiceAccount } from "#api/defaults/pod.ts";
import { generateName } from "#api/metadata.ts";
import {
  type Container,
  deepFreeze,
  type Pod,
  type ServiceAccount,
  type Volume,
} from "#api/object.ts";
import { isMirror } from "#api/pod.ts";
import { PODS, SERVICE_ACCOUNTS } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { itemOf, keyOf } from "../kind.ts";
import { type AdmissionPlugin, refused } from "./plugin.ts";

const DEFAULT = "default";
const VOLUME = "kube-api-access-";
const MOUNT_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";
/** An hour and a mark by which the issuer knows these tokens. */
const TOKEN_SECONDS = 3607;
const FILE_MODE = 0o644;

/** What every pod finds there: one for all of them. */
const ACCESS: NonNullable<Volume["projected"]> = deepFreeze({
  defaultMode: FILE_MODE,
  sources: [
    { serviceAccountToken: { expirationSeconds: TOKEN_SECONDS, path: "token" } },
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

type Spec = NonNullable<Pod["spec"]>;

/**
 * Pods run as a ServiceAccount, `default` where they name none, and find its token, the authority's
 * certificate and their namespace where client libraries look (plugin/pkg/admission/serviceaccount).
 */
export function serviceAccount(store: ObjectStore): AdmissionPlugin<Pod> {
  return {
    kinds: [PODS],
    mutate(request) {
      const { operation, object, target } = request;
      if (operation !== "CREATE" || object.spec === undefined) return;
      if (isMirror(object)) return;
      setDefaultServiceAccount(object);
      const name = object.spec.serviceAccountName ?? DEFAULT;
      const account = accountOf(store, { namespace: target.namespace, name });
      if (account === undefined) {
        const why = `error looking up service account ${target.namespace}/${name}: serviceaccount "${name}" not found`;
        throw refused(request, why);
      }
      if (mounts(object.spec, account)) mountToken(object.spec);
      if (!object.spec.imagePullSecrets?.length) givePullSecrets(object.spec, account);
    },
  };
}

/** A namespace's `default` account is as good as there: its controller makes it in this moment. */
function accountOf(
  store: ObjectStore,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): ServiceAccount | undefined {
  const item = store.newest(keyOf({ resource: SERVICE_ACCOUNTS, namespace }, name));
  if (item) return itemOf(SERVICE_ACCOUNTS, item).value;
  return name === DEFAULT ? {} : undefined;
}

function mounts(
  { automountServiceAccountToken: ofPod }: Spec,
  { automountServiceAccountToken: ofAccount }: ServiceAccount,
): boolean {
  return ofPod ?? ofAccount ?? true;
}

function givePullSecrets(spec: Spec, { imagePullSecrets = [] }: ServiceAccount): void {
  if (imagePullSecrets.length === 0) return;
  spec.imagePullSecrets = imagePullSecrets.map((secret) => ({ ...secret }));
}

function mountToken(spec: Spec): void {
  const existing = (spec.volumes ?? []).find(({ name }) => name.startsWith(VOLUME));
  const name = existing?.name ?? generateName(VOLUME, Math.random);
  // What is wrong with the pod is found out after this.
  const containers: readonly Container[] | undefined = spec.containers;
  const lacking = [...(spec.initContainers ?? []), ...(containers ?? [])].filter(
    ({ volumeMounts = [] }) => !volumeMounts.some(({ mountPath }) => mountPath === MOUNT_PATH),
  );
  for (const container of lacking) {
    const mount = { name, mountPath: MOUNT_PATH, readOnly: true };
    container.volumeMounts = [...(container.volumeMounts ?? []), mount];
  }
  if (existing || lacking.length === 0) return;
  spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

const tokenVolume = (name: string): Volume => ({ name, projected: ACCESS });
