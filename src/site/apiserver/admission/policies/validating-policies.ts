import type { KubeObject, ValidatingAdmissionPolicyBinding } from "#api/object.ts";
import { nameOf } from "#api/object.ts";
import {
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
} from "#api/resources.ts";
import { StatusError, type StatusReason } from "#api/status.ts";
import { collectionOf, itemOf } from "../../kind.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "../plugin.ts";
import {
  type Asked,
  askedBy,
  invocationsOf,
  type PoliciesOptions,
  remembered,
} from "./invocation.ts";
import { type Objection, objections } from "./judge.ts";
import { BindingError } from "./params.ts";
import { type Constraint, constraintOf, type Policy, policyOf } from "./policy.ts";

/** A binding, ready to be matched. */
interface Bound {
  readonly binding: ValidatingAdmissionPolicyBinding;
  readonly constraint: Constraint;
}

/** ValidatingAdmissionPolicies refuse, or warn of, what their bindings put them in charge of. */
export function validatingAdmissionPolicies(options: PoliciesOptions): AdmissionPlugin {
  const { store } = options;
  const policies = new WeakMap<KubeObject, Policy>();
  const bindings = new WeakMap<KubeObject, Bound>();
  const judge = (policy: Policy, asked: Asked): void => {
    for (const item of store.list(collectionOf(VALIDATING_ADMISSION_POLICY_BINDINGS)).items) {
      const { value } = itemOf(VALIDATING_ADMISSION_POLICY_BINDINGS, item);
      if (value.spec?.policyName !== policy.name) continue;
      const bound = remembered(bindings, value, () => ({
        binding: value,
        constraint: constraintOf(value.spec?.matchResources),
      }));
      enforce(options, { policy, bound, asked });
    }
  };
  return {
    subresources: "all",
    validate(request) {
      const { items } = store.list(collectionOf(VALIDATING_ADMISSION_POLICIES));
      // What could lock everybody out is nobody's to refuse.
      if (items.length === 0 || request.target.resource.group === GROUP) return;
      const asked = askedBy(request);
      for (const item of items) {
        const { value } = itemOf(VALIDATING_ADMISSION_POLICIES, item);
        judge(
          remembered(policies, value, () => policyOf(value)),
          asked,
        );
      }
    },
  };
}

const GROUP = VALIDATING_ADMISSION_POLICIES.group;

/** @throws StatusError where the policy is against it and the binding says Deny. */
function enforce(
  options: PoliciesOptions,
  { policy, bound, asked }: { policy: Policy; bound: Bound; asked: Asked },
): void {
  const { spec } = bound.binding;
  const found = objectionsOf(options, { policy, bound, asked });
  const actions = spec?.validationActions ?? [];
  const which = `ValidatingAdmissionPolicy '${policy.name}' with binding '${nameOf(bound.binding)}'`;
  const { admitted } = asked;
  if (actions.includes("Warn")) {
    for (const { message } of found) {
      admitted.admission.warn(`Validation failed for ${which}: ${message}`);
    }
  }
  const [first] = found;
  if (first === undefined || !actions.includes("Deny")) return;
  throw denied(admitted, { which, objection: first });
}

function objectionsOf(
  options: PoliciesOptions,
  { policy, bound, asked }: { policy: Policy; bound: Bound; asked: Asked },
): readonly Objection[] {
  const { binding, constraint } = bound;
  try {
    const invoked = { policy, bound: { spec: binding.spec ?? {}, constraint }, asked };
    return invocationsOf(options, invoked).flatMap(({ bindings }) => objections(policy, bindings));
  } catch (error) {
    if (!(error instanceof BindingError)) throw error;
    return policy.isOpen ? [] : [{ message: error.message, reason: "Invalid" }];
  }
}

const CODES: Readonly<Record<string, { code: number; reason: StatusReason }>> = {
  Forbidden: { code: 403, reason: "Forbidden" },
  Unauthorized: { code: 401, reason: "Unauthorized" },
  RequestEntityTooLarge: { code: 413, reason: "RequestEntityTooLarge" },
};

function denied(
  request: AdmissionRequest,
  { which, objection }: { which: string; objection: Objection },
): StatusError {
  const why = `${which} denied request: ${objection.message}`;
  const { message, status } = refused(request, why);
  const { code, reason } = CODES[objection.reason] ?? { code: 422, reason: "Invalid" };
  return new StatusError(message, {
    code,
    reason,
    details: { ...status.details, causes: [{ message: why }] },
  });
}
