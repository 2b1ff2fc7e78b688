import type { KubeObject, ValidatingAdmissionPolicyBinding } from "#api/object.ts";
import { nameOf } from "#api/object.ts";
import {
  VALIDATING_ADMISSION_POLICIES,
  VALIDATING_ADMISSION_POLICY_BINDINGS,
} from "#api/resources.ts";
import { StatusError, type StatusReason } from "#api/status.ts";
import { htmlSafeJson } from "#lib/json-text.ts";
import { collectionOf, itemOf } from "../../kind.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "../plugin.ts";
import {
  type Asked,
  askedBy,
  invocationsOf,
  type PoliciesOptions,
  remembered,
} from "./invocation.ts";
import { type Judgement, judge, type Objection } from "./judge.ts";
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
  const judgeAll = (policy: Policy, asked: Asked): void => {
    const notes = new AuditNotes();
    for (const item of store.list(collectionOf(VALIDATING_ADMISSION_POLICY_BINDINGS)).items) {
      const { value } = itemOf(VALIDATING_ADMISSION_POLICY_BINDINGS, item);
      if (value.spec?.policyName !== policy.name) continue;
      const bound = remembered(bindings, value, () => ({
        binding: value,
        constraint: constraintOf(value.spec?.matchResources),
      }));
      const judgement = judgementOf(options, { policy, bound, asked });
      notes.add(judgement);
      enforce(judgement, { policy, bound, asked });
    }
    notes.publish(policy, asked);
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
        judgeAll(
          remembered(policies, value, () => policyOf(value)),
          asked,
        );
      }
    },
  };
}

const GROUP = VALIDATING_ADMISSION_POLICIES.group;

/** What a policy notes in the audit log about a request, by whatever binding. */
class AuditNotes {
  readonly #values = new Map<string, Set<string>>();

  add({ annotations }: Judgement): void {
    for (const [key, value] of annotations)
      this.#values.set(key, (this.#values.get(key) ?? new Set()).add(value));
  }

  publish({ name }: Policy, { admitted: { admission } }: Asked): void {
    for (const [key, values] of this.#values)
      admission.annotate(`${name}/${key}`, [...values].join(", "));
  }
}

const VALIDATION_FAILURE = "validation.policy.admission.k8s.io/validation_failure";

interface Applied {
  readonly policy: Policy;
  readonly bound: Bound;
  readonly asked: Asked;
}

/** @throws StatusError where the policy is against it and the binding says Deny. */
function enforce(
  { objections: [first, ...others] }: Judgement,
  { policy, bound: { binding }, asked: { admitted } }: Applied,
): void {
  if (first === undefined) return;
  const { admission } = admitted;
  const actions = binding.spec?.validationActions ?? [];
  const which = `ValidatingAdmissionPolicy '${policy.name}' with binding '${nameOf(binding)}'`;
  for (const { message, index } of [first, ...others]) {
    if (actions.includes("Warn")) admission.warn(`Validation failed for ${which}: ${message}`);
    const failure = {
      message,
      policy: policy.name,
      binding: nameOf(binding),
      expressionIndex: index,
      validationActions: actions,
    };
    if (actions.includes("Audit")) admission.annotate(VALIDATION_FAILURE, htmlSafeJson([failure]));
  }
  if (actions.includes("Deny")) throw denied(admitted, { which, objection: first });
}

function judgementOf(options: PoliciesOptions, { policy, bound, asked }: Applied): Judgement {
  const { binding, constraint } = bound;
  try {
    const invoked = { policy, bound: { spec: binding.spec ?? {}, constraint }, asked };
    const judgements = invocationsOf(options, invoked).map(({ bindings }) =>
      judge(policy, bindings),
    );
    return {
      objections: judgements.flatMap(({ objections }) => objections),
      annotations: judgements.flatMap(({ annotations }) => annotations),
    };
  } catch (error) {
    if (!(error instanceof BindingError)) throw error;
    const failure = { message: error.message, reason: "Invalid", index: 0 };
    return { objections: policy.isOpen ? [] : [failure], annotations: [] };
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
