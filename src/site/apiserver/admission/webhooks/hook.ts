import type {
  KubeObject,
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { type LabelMatcher, matcherOf } from "#api/selector.ts";
import type { ClientConfig } from "../../webhook-call/endpoint.ts";
import { Conditions, WEBHOOK_VARIABLES } from "../cel/expression.ts";

type Mutating = NonNullable<MutatingWebhookConfiguration["webhooks"]>[number];
type Validating = NonNullable<ValidatingWebhookConfiguration["webhooks"]>[number];
export type Rule = NonNullable<Mutating["rules"]>[number] & { resourceNames?: string[] };

const DEFAULT_TIMEOUT_SECONDS = 10;
const REVIEW_VERSIONS = ["v1", "v1beta1"] as const;
export type ReviewVersion = (typeof REVIEW_VERSIONS)[number];

/** One webhook of a configuration, ready to be matched. */
export interface Hook {
  readonly name: string;
  /** The name of its configuration. */
  readonly configuration: string;
  readonly rules: readonly Rule[];
  /** Asked also where the rules name another version of the kind. */
  readonly isEquivalent: boolean;
  readonly namespaces: LabelMatcher;
  readonly objects: LabelMatcher;
  readonly conditions: Conditions;
  /** `failurePolicy: Ignore`: what cannot be asked is let through. */
  readonly isOpen: boolean;
  readonly sideEffects: string | undefined;
  readonly timeoutSeconds: number;
  readonly version: ReviewVersion | undefined;
  readonly isReinvoked: boolean;
  readonly client: ClientConfig;
}

/** A configuration of either kind. */
export interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly (Mutating | Validating)[];
}

/** The webhooks of a configuration, in their order. */
export function hooksOf({ metadata, webhooks = [] }: WebhookConfiguration): readonly Hook[] {
  return webhooks.map((webhook) => ({
    name: webhook.name,
    configuration: metadata?.name ?? "",
    rules: webhook.rules ?? [],
    isEquivalent: webhook.matchPolicy !== "Exact",
    namespaces: matcherOf(webhook.namespaceSelector ?? {}),
    objects: matcherOf(webhook.objectSelector ?? {}),
    conditions: new Conditions(webhook.matchConditions ?? [], WEBHOOK_VARIABLES),
    isOpen: webhook.failurePolicy === "Ignore",
    sideEffects: webhook.sideEffects,
    timeoutSeconds: webhook.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    version: REVIEW_VERSIONS.find((one) => webhook.admissionReviewVersions.includes(one)),
    isReinvoked: "reinvocationPolicy" in webhook && webhook.reinvocationPolicy === "IfNeeded",
    client: webhook.clientConfig,
  }));
}

/** A webhook whose rules are about a request, and the row by which it knows the kind. */
export interface Concerned {
  readonly hook: Hook;
  readonly row: Resource;
  /** Its place among all webhooks of its sort. */
  readonly index: number;
}
