import { isJsonObject } from "#api/codec/json-value.ts";
import { htmlSafeJson } from "#lib/json-text.ts";
import type { Hook } from "./hook.ts";

/** When a webhook is asked: the audit log tells of each time by it. */
export interface Turn {
  readonly sort: "mutation" | "validating";
  /** 1 where it is asked once more. */
  readonly round: 0 | 1;
  /** Among all mutating webhooks, or among the validating ones that are asked. */
  readonly index: number;
}

interface Note {
  readonly key: string;
  readonly value: string;
}

/** Under which key it is told that a webhook could not be asked, and was passed over. */
export function failedOpenKey(turn: Turn): string {
  return `failed-open.${turn.sort}.webhook.admission.k8s.io/${placeOf(turn)}`;
}

/** What is told of a mutating webhook that was asked (apiserver's `MutationAuditAnnotation`). */
export function mutationNote(
  { configuration, name: webhook }: Hook,
  { turn, mutated }: { readonly turn: Turn; readonly mutated: boolean },
): Note {
  return {
    key: `mutation.webhook.admission.k8s.io/${placeOf(turn)}`,
    value: htmlSafeJson({ configuration, webhook, mutated }),
  };
}

/** What it made of the object (`PatchAuditAnnotation`). */
export function patchNote(
  { configuration, name: webhook }: Hook,
  { turn, patch }: { readonly turn: Turn; readonly patch: unknown },
): Note {
  const operations = Array.isArray(patch) ? patch.map(inOrder) : patch;
  return {
    key: `patch.webhook.admission.k8s.io/${placeOf(turn)}`,
    value: htmlSafeJson({ configuration, webhook, patch: operations, patchType: "JSONPatch" }),
  };
}

const placeOf = ({ round, index }: Turn): string => `round_${round}_index_${index}`;

/** An operation is a map in Go: its keys come in order. */
function inOrder(operation: unknown): unknown {
  if (!isJsonObject(operation)) return operation;
  return Object.fromEntries(Object.entries(operation).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
