import type {
  LabelSelector,
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, integer, text } from "./column.ts";

/** The columns of the configurations of webhooks of both sorts. */
export const WEBHOOK_COLUMNS: readonly Column<
  MutatingWebhookConfiguration | ValidatingWebhookConfiguration
>[] = [
  integer(
    {
      name: "Webhooks",
      description: "Webhooks indicates the number of webhooks registered in this configuration",
    },
    ({ webhooks }) => webhooks?.length ?? 0,
  ),
  AGE,
];

const PARAM_KIND = text<ValidatingAdmissionPolicy | MutatingAdmissionPolicy>(
  {
    name: "ParamKind",
    description: "ParamKind specifies the kind of resources used to parameterize this policy",
  },
  ({ spec }) => {
    const { apiVersion, kind } = spec?.paramKind ?? {};
    return kind === undefined ? "<unset>" : `${apiVersion}/${kind}`;
  },
);

/** The columns of `kubectl get validatingadmissionpolicies`. */
export const VALIDATING_POLICY_COLUMNS: readonly Column<ValidatingAdmissionPolicy>[] = [
  integer(
    {
      name: "Validations",
      description:
        "Validations indicates the number of validation rules defined in this configuration",
    },
    ({ spec }) => spec?.validations?.length ?? 0,
  ),
  PARAM_KIND,
  AGE,
];

/** The columns of `kubectl get mutatingadmissionpolicies`. */
export const MUTATING_POLICY_COLUMNS: readonly Column<MutatingAdmissionPolicy>[] = [
  integer(
    {
      name: "Mutations",
      description: "Mutation indicates the number of mutations rules defined in this configuration",
    },
    ({ spec }) => spec?.mutations?.length ?? 0,
  ),
  PARAM_KIND,
  AGE,
];

type ParamRef = NonNullable<NonNullable<ValidatingAdmissionPolicyBinding["spec"]>["paramRef"]>;

function paramText({ namespace, name, selector }: ParamRef = {}): string {
  if (name) return `${namespace || "*"}/${name}`;
  return selector === undefined ? "<unset>" : selectorAsGo(selector);
}

/** A selector as Go prints the structure, which is what these columns show. */
function selectorAsGo({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`);
  const requirements = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join("")}},MatchExpressions:[]LabelSelectorRequirement{${requirements.join("")}},}`;
}

/** The columns of the bindings of policies of both sorts. */
export const POLICY_BINDING_COLUMNS: readonly Column<
  ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding
>[] = [
  text(
    {
      name: "PolicyName",
      description: "PolicyName indicates the policy definition which the policy binding binded to",
    },
    ({ spec }) => spec?.policyName ?? "",
  ),
  text(
    {
      name: "ParamRef",
      description: "ParamRef indicates the param resource which sets the configration param",
    },
    ({ spec }) => paramText(spec?.paramRef),
  ),
  AGE,
];
