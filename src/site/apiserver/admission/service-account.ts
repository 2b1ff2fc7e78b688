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
import { newestOf } from "../kind.ts";
import { guestSecretRefusal, mirrorRefusal, secretRefusal } from "./mountable-secrets.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "./plugin.ts";

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
  const check = (request: AdmissionRequest<Pod>): void => {
    const why = refusal(store, request);
    if (why !== undefined) throw refused(request, why);
  };
  return {
    kinds: [PODS],
    subresources: ["ephemeralcontainers"],
    mutate(request) {
      const { operation, object } = request;
      if (operation !== "CREATE" || object.spec === undefined) return;
      if (!isMirror(object)) {
        setDefaultServiceAccount(object);
        const account = accountOf(store, request);
        if (mounts(object.spec, account)) mountToken(object.spec);
        if (!object.spec.imagePullSecrets?.length) givePullSecrets(object.spec, account);
      }
      check(request);
    },
    validate: check,
  };
}

/** Why a pod may not be, or not with all that it uses. */
function refusal(store: ObjectStore, request: AdmissionRequest<Pod>): string | undefined {
  const { operation, object, target } = request;
  if (operation === "UPDATE" && target.subresource === "ephemeralcontainers") {
    return guestSecretRefusal(object, accountOf(store, request));
  }
  if (operation !== "CREATE") return undefined;
  return isMirror(object)
    ? mirrorRefusal(object)
    : secretRefusal(object, accountOf(store, request));
}

/**
 * The account of a pod. A namespace's `default` account is as good as there: its controller makes
 * it in this moment.
 * @throws StatusError when there is none.
 */
function accountOf(store: ObjectStore, request: AdmissionRequest<Pod>): ServiceAccount {
  const { namespace } = request.target;
  const name = request.object?.spec?.serviceAccountName ?? DEFAULT;
  const found = newestOf(store, { resource: SERVICE_ACCOUNTS, namespace }, name);
  if (found !== undefined) return found;
  if (name === DEFAULT) return {};
  const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`;
  throw refused(request, why);
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
