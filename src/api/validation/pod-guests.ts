import { type FieldError, forbidden } from "../field-error.ts";
import { heldDifference } from "../held/held-difference.ts";
import type { Pod } from "../object.ts";
import { isMirror } from "../pod.ts";
import { SCHEMA } from "../schema.ts";
import { validatePod } from "./pod.ts";

const GUEST = SCHEMA.object("io.k8s.api.core.v1.EphemeralContainer");

/** Errors of a change of a pod's ephemeral containers: they come, and stay as they are. */
export function validateEphemeralContainersUpdate(next: Pod, current: Pod): FieldError[] {
  if (isMirror(current)) {
    return [forbidden("", "static pods do not support ephemeral containers")];
  }
  const path = "spec.ephemeralContainers";
  const containers = next.spec?.ephemeralContainers ?? [];
  const errors = validatePod(next);
  for (const old of current.spec?.ephemeralContainers ?? []) {
    const told = JSON.stringify(old.name);
    const now = containers.find(({ name }) => name === old.name);
    if (now === undefined) {
      errors.push(forbidden(path, `existing ephemeral containers ${told} may not be removed\n`));
      continue;
    }
    const changed = heldDifference(GUEST, { current: old, next: now });
    if (changed === "") continue;
    const detail = `existing ephemeral containers ${told} may not be changed\n${changed}`;
    errors.push(forbidden(path, detail));
  }
  return errors;
}
