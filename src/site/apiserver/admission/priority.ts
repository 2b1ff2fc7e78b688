import { setDefaultPriority } from "#api/defaults/pod.ts";
import type { Pod } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import type { AdmissionPlugin } from "./plugin.ts";

/** Pods have the priority of their class. */
export const priority: AdmissionPlugin<Pod> = {
  kinds: [PODS],
  mutate({ operation, object }) {
    if (operation === "CREATE") setDefaultPriority(object);
  },
};
