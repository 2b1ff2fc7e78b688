import { setDefaultServiceAccount } from "#api/defaults/pod.ts";
import type { Pod } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import type { AdmissionPlugin } from "./plugin.ts";

/** Pods run as a ServiceAccount: `default` where they name none. */
export const serviceAccount: AdmissionPlugin<Pod> = {
  kinds: [PODS],
  mutate({ operation, object }) {
    if (operation === "CREATE") setDefaultServiceAccount(object);
  },
};
