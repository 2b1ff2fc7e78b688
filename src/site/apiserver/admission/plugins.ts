import type { ObjectStore } from "#db/object-store.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { priority } from "./priority.ts";
import { serviceAccount } from "./service-account.ts";

/** Kubernetes' plug-ins in Kubernetes' order (kubeapiserver/options/plugins.go). */
export function admissionPlugins(store: ObjectStore): readonly AdmissionPlugin[] {
  return [namespaceLifecycle(store), serviceAccount, priority, defaultTolerationSeconds];
}
