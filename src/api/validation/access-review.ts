import { type FieldError, invalid, required } from "../field-error.ts";
import { held } from "../held/held-json.ts";
import type { ObjectMeta, SelfSubjectAccessReview, SubjectAccessReview } from "../object.ts";
import { each, validateExpression, validateSetOperator } from "./common.ts";

type Spec = SelfSubjectAccessReview["spec"];

const AT = "spec.resourceAttributes";

/** What is wrong with a question about the rights of somebody (pkg/apis/authorization/validation). */
export function validateSubjectAccessReview(review: SubjectAccessReview): FieldError[] {
  return [...validateSubject(review.spec), ...validateNoMetadata(review.metadata)];
}

/** The same of who asks. */
export function validateSelfSubjectAccessReview(review: SelfSubjectAccessReview): FieldError[] {
  return [
    ...validateChoice(review.spec),
    ...validateSelectors(review.spec),
    ...validateNoMetadata(review.metadata),
  ];
}

/** The same in one namespace. */
export function validateLocalSubjectAccessReview(review: SubjectAccessReview): FieldError[] {
  const { spec, metadata: { namespace = "", ...metadata } = {} } = review;
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors = [
    ...validateSubject(spec),
    ...validateNoMetadata(metadata, "must be empty except for namespace"),
  ];
  const value = resourceAttributes?.namespace ?? "";
  if (resourceAttributes && value !== namespace) {
    errors.push(invalid(`${AT}.namespace`, { value, detail: "must match metadata.namespace" }));
  }
  if (nonResourceAttributes) {
    const detail = "disallowed on this kind of request";
    errors.push(invalid("spec.nonResourceAttributes", { value: nonResourceAttributes, detail }));
  }
  return errors;
}

function validateSubject(spec: SubjectAccessReview["spec"]): FieldError[] {
  const { user = "", groups = [] } = spec;
  const detail = "at least one of user or group must be specified";
  const isNobody = user === "" && groups.length === 0;
  const nobody = isNobody ? [invalid("spec.user", { value: user, detail })] : [];
  return [...validateChoice(spec), ...nobody, ...validateSelectors(spec)];
}

function validateChoice({ resourceAttributes, nonResourceAttributes }: Spec): FieldError[] {
  if (resourceAttributes && nonResourceAttributes) {
    const detail = "cannot be specified in combination with resourceAttributes";
    const { path = "", verb = "" } = nonResourceAttributes;
    // Kubernetes prints them as it holds them
    const value = { Path: path, Verb: verb };
    return [invalid("spec.nonResourceAttributes", { value, detail })];
  }
  if (resourceAttributes || nonResourceAttributes) return [];
  const detail = "exactly one of nonResourceAttributes or resourceAttributes must be specified";
  return [invalid(AT, { value: null, detail })];
}

function validateSelectors({ resourceAttributes }: Spec): FieldError[] {
  const { fieldSelector, labelSelector } = resourceAttributes ?? {};
  const [ofFields, ofLabels] = [`${AT}.fieldSelector`, `${AT}.labelSelector`];
  return [
    ...validateForm(fieldSelector, ofFields),
    ...each(fieldSelector?.requirements, `${ofFields}.requirements`, (one, path) => [
      ...(one.key === "" ? [required(`${path}.key`, "must be specified")] : []),
      ...besideOperator(validateSetOperator(one, path), path),
    ]),
    ...validateForm(labelSelector, ofLabels),
    ...each(labelSelector?.requirements, `${ofLabels}.requirements`, (one, path) =>
      besideOperator(validateExpression(one, path), path),
    ),
  ];
}

interface Selector {
  readonly rawSelector?: string;
  readonly requirements?: readonly unknown[];
}

/** A selector is given as text or in parts. */
function validateForm(selector: Selector | undefined, path: string): FieldError[] {
  if (selector === undefined) return [];
  const { rawSelector = "", requirements = [] } = selector;
  if (rawSelector !== "" && requirements.length > 0) {
    const detail = "may not specified at the same time as requirements";
    return [invalid(`${path}.rawSelector`, { value: rawSelector, detail })];
  }
  if (rawSelector !== "" || requirements.length > 0) return [];
  const detail = `when ${path} is specified, requirements or rawSelector is required`;
  return [required(`${path}.requirements`, detail)];
}

/** Who asks may be newer, and know more operators. */
const besideOperator = (errors: readonly FieldError[], path: string): FieldError[] =>
  errors.filter(({ field }) => field !== `${path}.operator`);

function validateNoMetadata(
  { managedFields: _, ...metadata }: ObjectMeta = {},
  detail = "must be empty",
): FieldError[] {
  const isEmpty = Object.values(metadata).every((value) => value === null || value === "");
  return isEmpty
    ? []
    : [
        invalid("metadata", {
          value: held("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", metadata),
          detail,
        }),
      ];
}
