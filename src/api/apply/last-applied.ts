import { jsonText } from "#lib/json-text.ts";
import { isJsonObject, type JsonObject, sorted } from "../codec/json-value.ts";
import { validateAnnotations } from "../metadata.ts";
import type { KubeObject } from "../object.ts";
import { compare } from "./compare.ts";
import { fieldsOf } from "./extract.ts";
import { difference, hasField } from "./field-set.ts";
import { appliedErrors } from "./validate-applied.ts";
import type { Versions } from "./versions.ts";

/** Where kubectl's client-side apply keeps what it applied last. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * Tells the fields that client-side apply set and that still have that value; undefined where
 * there is no usable annotation.
 */
export function allowedByLastApplied(
  live: unknown,
  { type, apiVersion }: Versions,
): ((path: readonly string[]) => boolean) | undefined {
  const text = annotationsOf(live)[LAST_APPLIED];
  const last = typeof text === "string" ? parsed(text) : undefined;
  if (last === undefined || last["apiVersion"] !== apiVersion) return undefined;
  if (appliedErrors(type, last).length > 0) return undefined;
  const { changed, removed } = compare(type, { before: last, after: live });
  const same = difference(difference(fieldsOf(type, last), changed), removed);
  return (path) => hasField(same, path);
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Not ours: whoever wrote it has nothing to say.
    return undefined;
  }
}

/** The object with its annotation brought up to date, where it has one. */
export function withLastApplied(object: unknown, applied: KubeObject): unknown {
  const annotations = annotationsOf(object);
  const before = annotations[LAST_APPLIED];
  if (!isJsonObject(object) || typeof before !== "string" || before === "") return object;
  const next: Record<string, unknown> = { ...annotations, [LAST_APPLIED]: textOf(applied) };
  const texts = Object.entries(next).map(([key, value]) => [key, String(value)] as const);
  if (validateAnnotations(Object.fromEntries(texts), "").length > 0) delete next[LAST_APPLIED];
  const metadata = isJsonObject(object["metadata"]) ? object["metadata"] : {};
  return { ...object, metadata: { ...metadata, annotations: next } };
}

function annotationsOf(object: unknown): JsonObject {
  const metadata = isJsonObject(object) ? object["metadata"] : undefined;
  const annotations = isJsonObject(metadata) ? metadata["annotations"] : undefined;
  return isJsonObject(annotations) ? annotations : {};
}

/** The configuration as Go writes it: sorted, without the annotation itself, with a newline. */
function textOf(applied: KubeObject): string {
  const { [LAST_APPLIED]: _, ...annotations } = applied.metadata?.annotations ?? {};
  const metadata = {
    ...applied.metadata,
    ...(applied.metadata?.annotations && { annotations }),
  };
  return `${jsonText(sorted({ ...applied, metadata }))}\n`;
}
