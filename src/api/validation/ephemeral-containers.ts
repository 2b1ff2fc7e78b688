import { duplicate, type FieldError, forbidden, notFoundValue } from "../field-error.ts";
import type { PodSpec } from "../object.ts";
import { allContainers } from "../pod.ts";
import { each } from "./common.ts";
import { type PodContext, validateCommon, validateImage } from "./container.ts";

type EphemeralContainer = NonNullable<PodSpec["ephemeralContainers"]>[number];

const DETAIL = "cannot be set for an Ephemeral Container";
/** What a pod relies on, which a container that comes and goes cannot offer. */
const NOT_FOR_GUESTS = [
  "ports",
  "resources",
  "resizePolicy",
  "restartPolicy",
  "restartPolicyRules",
  "livenessProbe",
  "readinessProbe",
  "startupProbe",
  "lifecycle",
] as const;

const isGiven = (value: unknown): boolean =>
  value !== undefined && (typeof value !== "object" || Object.keys(value ?? {}).length > 0);

/** Errors of the containers that were put into a running pod to look around. */
export function validateEphemeralContainers(
  spec: PodSpec,
  path: string,
  context: PodContext,
): FieldError[] {
  const others = new Set(allContainers(spec).map(({ name }) => name));
  const names = new Set(others);
  return each(spec.ephemeralContainers, path, (container, at) => {
    const errors = [...validateCommon(container, at, context), ...validateImage(container, at)];
    const { name, targetContainerName: target } = container;
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    if (target && !others.has(target)) {
      errors.push(notFoundValue(`${at}.targetContainerName`, target));
    }
    return [...errors, ...validateGuest(container, at)];
  });
}

function validateGuest(container: EphemeralContainer, path: string): FieldError[] {
  const given = NOT_FOR_GUESTS.filter((field) => isGiven(container[field]));
  return [
    ...given.map((field) => forbidden(`${path}.${field}`, DETAIL)),
    ...each(container.volumeMounts, `${path}.volumeMounts`, (mount, at) =>
      (["subPath", "subPathExpr"] as const)
        .filter((field) => mount[field])
        .map((field) => forbidden(`${at}.${field}`, DETAIL)),
    ),
  ];
}
