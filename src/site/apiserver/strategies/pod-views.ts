import { setPodDefaults } from "#api/defaults/pod.ts";
import type { Container, KubeObject, Pod, PodSpec } from "#api/object.ts";
import { validateEphemeralContainersUpdate } from "#api/validation/pod-guests.ts";
import { validatePodResize } from "#api/validation/pod-resize.ts";
import { cloneJson, field } from "../json.ts";
import type { View } from "../strategy.ts";

/** The pod with its ephemeral containers, and nothing else of it, as they are sent. */
export const ephemeralContainers: View<Pod> = {
  validated: false,
  read: (pod) => pod,
  write(current, body) {
    const next = cloneJson(current);
    const containers = sentSpec(body).ephemeralContainers;
    next.spec ??= { containers: [] };
    delete next.spec.ephemeralContainers;
    if (containers?.length) next.spec.ephemeralContainers = cloneJson(containers);
    setPodDefaults(next);
    return next;
  },
  validate: validateEphemeralContainersUpdate,
};

/** The pod with what its containers may use, and nothing else of it, as it is sent. */
export const resize: View<Pod> = {
  validated: false,
  read: (pod) => pod,
  write(current, body) {
    const next = cloneJson(current);
    const sent = sentSpec(body);
    takeAmounts(next.spec?.containers, sent.containers);
    takeAmounts(next.spec?.initContainers, sent.initContainers);
    setPodDefaults(next);
    return next;
  },
  validate: validatePodResize,
};

function sentSpec(body: KubeObject): Partial<PodSpec> {
  return (field(body, "spec") ?? {}) as Partial<PodSpec>;
}

function takeAmounts(
  containers: readonly Container[] = [],
  sent: readonly Container[] | undefined = [],
): void {
  for (const container of containers) {
    const given = sent.find(({ name }) => name === container.name);
    if (given === undefined) continue;
    container.resources = cloneJson(given.resources ?? {});
    delete container.resizePolicy;
    if (given.resizePolicy) container.resizePolicy = cloneJson(given.resizePolicy);
  }
}
