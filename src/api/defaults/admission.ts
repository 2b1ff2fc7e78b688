import type {
  MutatingAdmissionPolicy,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingWebhookConfiguration,
} from "../object.ts";

type Webhook = NonNullable<ValidatingWebhookConfiguration["webhooks"]>[number];
type MatchResources = NonNullable<
  NonNullable<ValidatingAdmissionPolicy["spec"]>["matchConstraints"]
>;

const HTTPS_PORT = 443;
const TIMEOUT_SECONDS = 10;

export function setValidatingWebhookDefaults({ webhooks }: ValidatingWebhookConfiguration): void {
  for (const webhook of webhooks ?? []) setWebhookDefaults(webhook);
}

export function setMutatingWebhookDefaults({ webhooks }: MutatingWebhookConfiguration): void {
  for (const webhook of webhooks ?? []) {
    setWebhookDefaults(webhook);
    webhook.reinvocationPolicy ??= "Never";
  }
}

function setWebhookDefaults(webhook: Webhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= TIMEOUT_SECONDS;
  for (const rule of webhook.rules ?? []) rule.scope ??= "*";
  const { service } = webhook.clientConfig ?? {};
  if (service) service.port ??= HTTPS_PORT;
}

/** What policies of both sorts have in common. */
export function setAdmissionPolicyDefaults({
  spec,
}: ValidatingAdmissionPolicy | MutatingAdmissionPolicy): void {
  if (spec === undefined) return;
  spec.failurePolicy ??= "Fail";
  setMatchDefaults(spec.matchConstraints);
}

export function setAdmissionBindingDefaults({
  spec,
}: {
  spec?: { matchResources?: MatchResources };
}): void {
  setMatchDefaults(spec?.matchResources);
}

function setMatchDefaults(match: MatchResources | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) {
    rule.scope ??= "*";
  }
}
