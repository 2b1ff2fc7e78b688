import type { Container, KubeObject, PodSpec } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";

/** What a client is warned of when it makes an object. */
export function warned<T extends KubeObject>(kind: Resource<T>, given: T): string[] {
  const object = structuredClone(given);
  kind.setDefaults(object);
  return kind.warnings?.(object, undefined) ?? [];
}

/** A container of which there is nothing to warn. */
export const plainContainer = (given: Partial<Container> = {}): Container => ({
  name: "main",
  image: "nginx",
  ...given,
});

/** A pod of one such container. */
export const plainPod = (given: Partial<PodSpec> = {}): PodSpec => ({
  containers: [plainContainer()],
  ...given,
});
