import { isQualifiedFinalizer } from "../metadata.ts";
import type { KubeObject } from "../object.ts";

/** What is unwise about the finalizers that a version of a custom object adds. */
export function finalizerWarnings(next: KubeObject, current: KubeObject | undefined): string[] {
  const known = new Set(current?.metadata?.finalizers);
  const added = new Set(next.metadata?.finalizers).difference(known);
  return [...added]
    .filter((finalizer) => !isQualifiedFinalizer(finalizer))
    .sort()
    .map((finalizer) => {
      const path = finalizer.includes(".") ? " including a path (/)" : "";
      return `metadata.finalizers: "${finalizer}": prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`;
    });
}
