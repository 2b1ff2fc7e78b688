import {
  duplicate,
  type FieldError,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { dns1035Label, dns1123Subdomain } from "../names.ts";
import type { MutatingWebhookConfiguration, ValidatingWebhookConfiguration } from "../object.ts";
import {
  FAILURE_POLICIES,
  knownWord,
  MATCH_POLICIES,
  REINVOCATION_POLICIES,
  validateMatchConditions,
  validateRule,
} from "./admission-rules.ts";
import { each, validateLabelSelector } from "./common.ts";
import { validateWebhookClient } from "./webhook-client.ts";

type MutatingWebhook = NonNullable<MutatingWebhookConfiguration["webhooks"]>[number];
/** A validating webhook says nothing of being called again. */
type Webhook = Omit<MutatingWebhook, "reinvocationPolicy"> &
  Pick<Partial<MutatingWebhook>, "reinvocationPolicy">;

const REVIEW_VERSIONS = ["v1", "v1beta1"];
const SIDE_EFFECTS = ["None", "NoneOnDryRun"];
const MAX_TIMEOUT_SECONDS = 30;

/** Errors of a configuration of either sort, after defaulting. */
export function validateWebhooks({
  webhooks,
}: ValidatingWebhookConfiguration | MutatingWebhookConfiguration): FieldError[] {
  const names = new Set<string>();
  return each<Webhook>(webhooks, "webhooks", (webhook, at) => {
    const { name = "", admissionReviewVersions: versions = [] } = webhook;
    const errors = [
      ...validateWebhook(webhook, at),
      ...validateReviewVersions(versions, `${at}.admissionReviewVersions`),
    ];
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    if (name !== "") names.add(name);
    return errors;
  });
}

function validateWebhook(webhook: Webhook, path: string): FieldError[] {
  const { name = "", rules, failurePolicy, matchPolicy, sideEffects, timeoutSeconds } = webhook;
  return [
    ...validateFullName(name, `${path}.name`),
    ...each(rules, `${path}.rules`, validateRule),
    ...knownWord(`${path}.failurePolicy`, { value: failurePolicy, supported: FAILURE_POLICIES }),
    ...knownWord(`${path}.matchPolicy`, { value: matchPolicy, supported: MATCH_POLICIES }),
    ...validateSideEffects(sideEffects, `${path}.sideEffects`),
    ...validateTimeout(timeoutSeconds, `${path}.timeoutSeconds`),
    ...validateLabelSelector(webhook.namespaceSelector, `${path}.namespaceSelector`),
    ...validateLabelSelector(webhook.objectSelector, `${path}.objectSelector`),
    ...knownWord(`${path}.reinvocationPolicy`, {
      value: webhook.reinvocationPolicy,
      supported: REINVOCATION_POLICIES,
    }),
    ...validateWebhookClient(webhook.clientConfig ?? {}, `${path}.clientConfig`),
    ...validateMatchConditions(webhook.matchConditions, `${path}.matchConditions`),
  ];
}

/** A domain of three labels at least (`IsFullyQualifiedName`). */
function validateFullName(value: string, path: string): FieldError[] {
  if (value === "") return [required(path)];
  const details = dns1123Subdomain(value);
  if (details.length > 0) return [invalid(path, { value, detail: details.join(",") })];
  if (value.split(".").length >= 3) return [];
  const detail = "should be a domain with at least three segments separated by dots";
  return [invalid(path, { value, detail })];
}

function validateSideEffects(value: string | undefined, path: string): FieldError[] {
  if (value === undefined)
    return [required(path, `must specify one of ${SIDE_EFFECTS.join(", ")}`)];
  return SIDE_EFFECTS.includes(value)
    ? []
    : [notSupported(path, { value, supported: SIDE_EFFECTS })];
}

function validateTimeout(value: number | undefined, path: string): FieldError[] {
  if (value === undefined || (value >= 1 && value <= MAX_TIMEOUT_SECONDS)) return [];
  const detail = `the timeout value must be between 1 and ${MAX_TIMEOUT_SECONDS} seconds`;
  return [invalid(path, { value, detail })];
}

function validateReviewVersions(versions: readonly string[], path: string): FieldError[] {
  const known = REVIEW_VERSIONS.join(", ");
  if (versions.length === 0) return [required(path, `must specify one of ${known}`)];
  const seen = new Set<string>();
  const errors = each(versions, path, (value, at) => {
    if (seen.has(value)) return [invalid(at, { value, detail: "duplicate version" })];
    seen.add(value);
    return invalidAll(at, { value, details: dns1035Label(value) });
  });
  if (REVIEW_VERSIONS.some((version) => seen.has(version))) return errors;
  const detail = `must include at least one of ${known}`;
  return [...errors, invalid(path, { value: versions, detail })];
}
