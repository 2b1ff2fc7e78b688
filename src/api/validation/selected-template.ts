import { type FieldError, forbidden, invalid, notSupported, required } from "../field-error.ts";
import { held, SELECTOR } from "../held/held-json.ts";
import type { LabelSelector, PodTemplateSpec } from "../object.ts";
import { matcherOf } from "../selector.ts";
import { validateLabelSelector } from "./common.ts";
import { validateTemplate } from "./pod.ts";

/** The pods of a workload: which are its own, and what new ones are made from. */
export interface Selected {
  readonly selector?: LabelSelector | undefined;
  readonly template?: PodTemplateSpec | undefined;
}

const isEmpty = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector) =>
  Object.keys(matchLabels).length + matchExpressions.length === 0;

/** Where something of a workload is, and how messages name the workload. */
interface Place {
  readonly path: string;
  readonly kind: string;
}

/** A selector that must be there and select something. */
export function validateRequiredSelector(
  selector: LabelSelector | undefined,
  place: Place,
): FieldError[] {
  const { path } = place;
  if (selector === undefined) return [required(path)];
  return [...validateLabelSelector(selector, path), ...validateNotEmpty(selector, place)];
}

/** A selector that selects something, if there is one. */
export function validateNotEmpty(
  selector: LabelSelector | undefined,
  { path, kind }: Place,
): FieldError[] {
  if (selector === undefined || !isEmpty(selector)) return [];
  const detail = `empty selector is invalid for ${kind}`;
  return [invalid(path, { value: held(SELECTOR, selector), detail })];
}

const isReadable = (selector: LabelSelector | undefined) =>
  validateLabelSelector(selector, "").length === 0;

/** The error, beside those of its parts, of a selector that nothing can be compared with. */
export function validateReadable(
  selector: LabelSelector | undefined,
  { path, detail }: { path: string; detail: string },
): FieldError[] {
  if (selector === undefined || isReadable(selector)) return [];
  return [invalid(path, { value: held(SELECTOR, selector), detail })];
}

/** The pods that are made must be those that are selected. */
export function validateMatch({ selector, template }: Selected, path: string): FieldError[] {
  const labels = template?.metadata?.labels;
  if (!isReadable(selector)) return [];
  const matcher = matcherOf(selector);
  if (matcher.isEmpty || matcher.matches(labels)) return [];
  const detail = "`selector` does not match template `labels`";
  return [invalid(`${path}.metadata.labels`, { value: labels ?? null, detail })];
}

/** A workload that keeps its pods running: they restart for ever. */
export function validateEndless(
  template: PodTemplateSpec | undefined,
  { path, kind }: Place,
): FieldError[] {
  const { restartPolicy: value = "", activeDeadlineSeconds } = template?.spec ?? {};
  const errors: FieldError[] = [];
  if (value !== "Always") {
    errors.push(notSupported(`${path}.spec.restartPolicy`, { value, supported: ["Always"] }));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(forbidden(`${path}.spec.activeDeadlineSeconds`, detail));
  }
  return errors;
}

/** The whole of what Deployments and ReplicaSets check of their pods. */
export function validateLastingTemplate(selected: Selected, path: string): FieldError[] {
  const unread = validateReadable(selected.selector, {
    path: "spec.selector",
    detail: "invalid label selector",
  });
  if (unread.length > 0) return unread;
  return [
    ...validateMatch(selected, path),
    ...validateTemplate(selected.template, path),
    ...validateEndless(selected.template, { path, kind: "ReplicaSet" }),
  ];
}

/** What a workload without a spec is told. */
export function nothingGiven(): FieldError[] {
  return [
    required("spec.selector"),
    ...validateMatch({}, "spec.template"),
    required("spec.template.spec.containers"),
  ];
}
