import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { held } from "../held/held-json.ts";
import { dns1035Label, dns1123Subdomain, pathSegment, qualifiedName } from "../names.ts";
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../object.ts";
import {
  FAILURE_POLICIES,
  knownWord,
  REINVOCATION_POLICIES,
  validateMatchConditions,
  validateMatchResources,
} from "./admission-rules.ts";
import { each, validateLabelSelector } from "./common.ts";
import { validateConditions } from "./conditions.ts";

type ValidatingSpec = NonNullable<ValidatingAdmissionPolicy["spec"]>;
type MutatingSpec = NonNullable<MutatingAdmissionPolicy["spec"]>;
type CommonSpec = Pick<
  ValidatingSpec & MutatingSpec,
  "failurePolicy" | "paramKind" | "matchConstraints" | "matchConditions" | "variables"
>;
type ParamKind = NonNullable<ValidatingSpec["paramKind"]>;
type Validation = NonNullable<ValidatingSpec["validations"]>[number];
type Annotation = NonNullable<ValidatingSpec["auditAnnotations"]>[number];
type Mutation = NonNullable<MutatingSpec["mutations"]>[number];
type ParamRef = NonNullable<NonNullable<ValidatingAdmissionPolicyBinding["spec"]>["paramRef"]>;

const MAX_ANNOTATIONS = 20;
const ANNOTATION_MAX_BYTES = 5 * 1024;
const ACTIONS = ["Audit", "Deny", "Warn"];
const REASONS = ["Forbidden", "Invalid", "RequestEntityTooLarge"];
const CEL_RESERVED =
  /^(true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)$/;

/** Errors of a ValidatingAdmissionPolicy after defaulting, but for what CEL says of it. */
export function validateValidatingPolicy(given: ValidatingAdmissionPolicy): FieldError[] {
  const spec = given.spec ?? {};
  const { validations = [], auditAnnotations = [] } = spec;
  const errors = validateCommon(spec);
  if (validations.length + auditAnnotations.length === 0) {
    const why = "validations or auditAnnotations must contain at least one item";
    return [...errors, required("spec.validations", why), required("spec.auditAnnotations", why)];
  }
  errors.push(...each(validations, "spec.validations", validateValidation));
  const path = "spec.auditAnnotations";
  if (auditAnnotations.length > MAX_ANNOTATIONS) {
    const detail = `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`;
    const value = held("io.k8s.api.admissionregistration.v1.AuditAnnotation", auditAnnotations);
    errors.push(invalid(path, { value, detail }));
  }
  const keys = new Set<string>();
  return [
    ...errors,
    ...each(auditAnnotations, path, (annotation, at) => {
      const found = validateAnnotation(annotation, at, given.metadata?.name ?? "");
      if (keys.has(annotation.key)) found.push(duplicate(`${at}.key`, annotation.key));
      keys.add(annotation.key);
      return found;
    }),
  ];
}

/** Errors of what is said of a policy: the warnings of its type check, and its conditions. */
export function validateValidatingPolicyStatus({
  status,
}: ValidatingAdmissionPolicy): FieldError[] {
  const { typeChecking, conditions } = status ?? {};
  const path = "status.typeChecking.expressionWarnings";
  return [
    ...each(typeChecking?.expressionWarnings, path, ({ fieldRef = "", warning }, at) => [
      ...(warning ? [] : [required(`${at}.warning`)]),
      ...(fieldRef.trim() === "" ? [required(`${at}.fieldRef`)] : []),
    ]),
    ...validateConditions(conditions, "status.conditions"),
  ];
}

/** Errors of a MutatingAdmissionPolicy after defaulting, but for what CEL says of it. */
export function validateMutatingPolicy({ spec }: MutatingAdmissionPolicy): FieldError[] {
  const { mutations = [], reinvocationPolicy } = spec ?? {};
  const errors = validateCommon(spec ?? {});
  if (mutations.length === 0) {
    errors.push(required("spec.mutations", "mutations must contain at least one item"));
  }
  errors.push(...each(mutations, "spec.mutations", validateMutation));
  if (!reinvocationPolicy) return [...errors, required("spec.reinvocationPolicy")];
  const rule = { value: reinvocationPolicy, supported: REINVOCATION_POLICIES };
  return [...errors, ...knownWord("spec.reinvocationPolicy", rule)];
}

function validateCommon(spec: CommonSpec): FieldError[] {
  const { failurePolicy, paramKind, matchConstraints, matchConditions, variables } = spec;
  const errors =
    failurePolicy === undefined
      ? [required("spec.failurePolicy")]
      : knownWord("spec.failurePolicy", { value: failurePolicy, supported: FAILURE_POLICIES });
  if (paramKind) errors.push(...validateParamKind(paramKind, "spec.paramKind"));
  const path = "spec.matchConstraints";
  if (matchConstraints === undefined) errors.push(required(path));
  else {
    errors.push(...validateMatchResources(matchConstraints, path));
    if (!matchConstraints.resourceRules?.length) errors.push(required(`${path}.resourceRules`));
  }
  return [
    ...errors,
    ...validateMatchConditions(matchConditions, "spec.matchConditions"),
    ...each(variables, "spec.variables", ({ name = "", expression = "" }, at) => [
      ...validateVariableName(name, `${at}.name`),
      ...(expression.trim() === ""
        ? [required(`${at}.expression`, "expression is not specified")]
        : []),
    ]),
  ];
}

function validateVariableName(value: string, path: string): FieldError[] {
  if (value.trim() === "") return [required(path, "name is not specified")];
  if (/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(value) && !CEL_RESERVED.test(value)) return [];
  return [invalid(path, { value, detail: "name is not a valid CEL identifier" })];
}

function validateParamKind({ apiVersion, kind }: ParamKind, path: string): FieldError[] {
  return [
    ...validateGroupVersion(apiVersion ?? "", `${path}.apiVersion`),
    ...validateKind(kind ?? "", `${path}.kind`),
  ];
}

function validateGroupVersion(value: string, path: string): FieldError[] {
  if (value === "") return [required(path)];
  const parts = value.split("/");
  if (parts.length > 2) {
    return [invalid(path, { value, detail: `unexpected GroupVersion string: ${value}` })];
  }
  const [group, version] = parts.length === 2 ? parts : ["", value];
  const errors: FieldError[] = [];
  const judge = (part: string, details: readonly string[]) => {
    if (details.length > 0) errors.push(invalid(path, { value: part, detail: details.join(",") }));
  };
  if (group) judge(group, dns1123Subdomain(group));
  if (version) judge(version, dns1035Label(version));
  else errors.push(invalid(path, { value, detail: "version must be specified" }));
  return errors;
}

function validateKind(value: string, path: string): FieldError[] {
  if (value === "") return [required(path)];
  const details = dns1035Label(value.toLowerCase());
  if (details.length === 0) return [];
  const detail = `may have mixed case, but should otherwise match: ${details.join(",")}`;
  return [invalid(path, { value, detail })];
}

function validateValidation(validation: Validation, path: string): FieldError[] {
  const { expression = "", message = "", messageExpression = "", reason } = validation;
  const errors: FieldError[] = [];
  if (expression.trim() === "") {
    errors.push(required(`${path}.expression`, "expression is not specified"));
  }
  if (messageExpression !== "" && messageExpression.trim() === "") {
    const rule = { value: messageExpression, detail: "must be non-empty if specified" };
    errors.push(invalid(`${path}.messageExpression`, rule));
  }
  if (message !== "" && message.trim() === "") {
    const rule = { value: message, detail: "message must be non-empty if specified" };
    errors.push(invalid(`${path}.message`, rule));
  } else if (/[\n\r]/.test(message.trim())) {
    const rule = { value: message, detail: "message must not contain line breaks" };
    errors.push(invalid(`${path}.message`, rule));
  }
  return [...errors, ...knownWord(`${path}.reason`, { value: reason, supported: REASONS })];
}

function validateAnnotation(
  { key, valueExpression = "" }: Annotation,
  path: string,
  policy: string,
): FieldError[] {
  const whole = `${policy}/${key}`;
  const errors = invalidAll(`${path}.key`, { value: whole, details: qualifiedName(whole) });
  const at = `${path}.valueExpression`;
  const bytes = Buffer.byteLength(valueExpression.trim());
  if (bytes === 0) return [...errors, required(at, "valueExpression is not specified")];
  if (bytes <= ANNOTATION_MAX_BYTES) return errors;
  return [...errors, required(at, `must not exceed ${ANNOTATION_MAX_BYTES} bytes in length`)];
}

function validateMutation(mutation: Mutation, path: string): FieldError[] {
  const { patchType, jsonPatch, applyConfiguration } = mutation;
  switch (patchType) {
    case undefined:
    case "":
      return [required(`${path}.patchType`)];
    case "JSONPatch":
      return validatePatch(jsonPatch, { path: `${path}.jsonPatch`, patchType });
    case "ApplyConfiguration":
      return validatePatch(applyConfiguration, { path: `${path}.applyConfiguration`, patchType });
    default: {
      const supported = ["ApplyConfiguration", "JSONPatch"];
      return [notSupported(`${path}.patchType`, { value: patchType, supported })];
    }
  }
}

function validatePatch(
  patch: { readonly expression?: string } | undefined,
  { path, patchType }: { path: string; patchType: string },
): FieldError[] {
  if (patch === undefined) {
    return [required(path, `must be specified when patchType is ${patchType}`)];
  }
  if ((patch.expression ?? "").trim() !== "") return [];
  return [required(`${path}.expression`, "expression is not specified")];
}

/** Errors of a binding of either sort. */
function validateBinding({
  spec,
}: ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding): FieldError[] {
  const { policyName = "", paramRef, matchResources } = spec ?? {};
  const path = "spec.policyName";
  return [
    ...(policyName === ""
      ? [required(path)]
      : invalidAll(path, { value: policyName, details: dns1123Subdomain(policyName) })),
    ...(paramRef ? validateParamRef(paramRef, "spec.paramRef") : []),
    ...validateMatchResources(matchResources, "spec.matchResources"),
  ];
}

export const validateMutatingBinding: (binding: MutatingAdmissionPolicyBinding) => FieldError[] =
  validateBinding;

export function validateValidatingBinding(binding: ValidatingAdmissionPolicyBinding): FieldError[] {
  const actions = binding.spec?.validationActions ?? [];
  return [...validateBinding(binding), ...validateActions(actions, "spec.validationActions")];
}

function validateActions(actions: readonly string[], path: string): FieldError[] {
  const seen = new Set<string>();
  const errors = each(actions, path, (value, at) => {
    const found = knownWord(at, { value, supported: ACTIONS });
    if (seen.has(value)) found.push(duplicate(at, value));
    seen.add(value);
    return found;
  });
  if (seen.has("Deny") && seen.has("Warn")) {
    const detail =
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)";
    errors.push(invalid(path, { value: actions, detail }));
  }
  return seen.size > 0 ? errors : [required(path, "at least one validation action is required")];
}

function validateParamRef(reference: ParamRef, path: string): FieldError[] {
  const { name = "", selector, parameterNotFoundAction: action = "" } = reference;
  const both = "name and selector are mutually exclusive";
  const errors: FieldError[] = [];
  if (name !== "") {
    errors.push(...invalidAll(`${path}.name`, { value: name, details: pathSegment(name) }));
    if (selector) errors.push(forbidden(`${path}.name`, both));
  }
  errors.push(...validateLabelSelector(selector, `${path}.selector`));
  if (selector && name !== "") errors.push(forbidden(`${path}.selector`, both));
  if (!selector && name === "") {
    errors.push(required(path, "one of name or selector must be specified"));
  }
  const at = `${path}.parameterNotFoundAction`;
  if (action === "") return [...errors, required(at)];
  return [...errors, ...knownWord(at, { value: action, supported: ["Deny", "Allow"] })];
}
