import { addDefaultTolerations } from "#api/defaults/pod.ts";
import type { Pod } from "#api/object.ts";
import { PODS } from "#api/resources.ts";
import type { AdmissionPlugin } from "./plugin.ts";

/** Pods stay 300 s on a node that is not ready or out of reach, unless they say otherwise. */
export const defaultTolerationSeconds: AdmissionPlugin<Pod> = {
  kinds: [PODS],
  mutate({ object }) {
    if (object !== undefined) addDefaultTolerations(object);
  },
};
