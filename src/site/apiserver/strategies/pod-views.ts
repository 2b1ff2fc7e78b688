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

/**
 * The pod with what it and its containers may use, and nothing else of it, as it is sent.
 * Containers that are others than before stay as they are sent: validation says so.
 */
export const resize: View<Pod> = {
  validated: false,
  read: (pod) => pod,
  write(current, body) {
    const next = cloneJson(current);
    const { resources, containers = [], initContainers = [] } = sentSpec(body);
    next.spec ??= { containers: [] };
    const { spec } = next;
    delete spec.resources;
    if (resources) spec.resources = cloneJson(resources);
    spec.containers = withAmounts(spec.containers, containers);
    const inits = withAmounts(spec.initContainers ?? [], initContainers);
    delete spec.initContainers;
    if (inits.length > 0) spec.initContainers = inits;
    setPodDefaults(next);
    return next;
  },
  validate: validatePodResize,
};

function sentSpec(body: KubeObject): Partial<PodSpec> {
  return (field(body, "spec") ?? {}) as Partial<PodSpec>;
}

function withAmounts(containers: readonly Container[], sent: readonly Container[]): Container[] {
  const isSame = sent.every(({ name }, index) => name === containers[index]?.name);
  if (!isSame || sent.length !== containers.length) return sent.map((one) => cloneJson(one));
  return containers.map((container, index) => {
    const { resources = {}, resizePolicy } = sent[index] ?? {};
    const { resizePolicy: _, ...kept } = container;
    return {
      ...kept,
      resources: cloneJson(resources),
      ...(resizePolicy && { resizePolicy: cloneJson(resizePolicy) }),
    };
  });
}
