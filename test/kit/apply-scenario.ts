import { UNDESCRIBED } from "#api/apply/custom-type.ts";
import { applyToObject, managedFieldsAfter } from "#api/apply/managed-fields.ts";
import { singleVersion } from "#api/apply/versions.ts";
import { normalize } from "#api/codec/normalize.ts";
import type { KubeObject } from "#api/object.ts";
import { SCHEMA } from "#api/schema.ts";
import { StatusError } from "#api/status.ts";

/** One write, as the recorder of the golden file and the replay here understand it. */
export interface Step {
  readonly op: "apply" | "update";
  readonly manager: string;
  readonly force?: boolean;
  readonly subresource?: string;
  readonly object: KubeObject;
}

/** Writes to one object, one after the other. */
export interface Scenario {
  readonly apiVersion: string;
  readonly kind: string;
  /** The object has a status of its own, which only `/status` writes. */
  readonly reset?: boolean;
  /** Nothing is known of the kind's fields. */
  readonly deduced?: boolean;
  readonly steps: readonly Step[];
}

/** What came of a write. */
export interface Outcome {
  readonly error?: string;
  readonly code?: number;
  readonly causes?: readonly unknown[];
  readonly object?: unknown;
}

const NOW = "2026-01-01T00:00:00Z";

/** Runs the writes and answers what each leaves; times are only there or not. */
export function replay({ apiVersion, kind, reset, deduced, steps }: Scenario): Outcome[] {
  const slash = apiVersion.indexOf("/");
  const group = apiVersion.slice(0, Math.max(slash, 0));
  const known = SCHEMA.ofKind({ group, version: apiVersion.slice(slash + 1), kind });
  const type = deduced ? UNDESCRIBED : known;
  if (type === undefined) throw new TypeError(`No kind ${apiVersion} ${kind}`);
  const clean = (object: unknown): KubeObject =>
    deduced ? withoutNulls(object) : normalize(type, object).value;
  let live = clean({ apiVersion, kind });
  let isNew = true;
  return steps.map(({ op, manager, force = false, subresource = "", object }) => {
    const part = subresource === "status" ? "f:spec" : "f:status";
    const writing = {
      versions: singleVersion(apiVersion, type),
      manager,
      subresource,
      now: NOW,
      reset: reset ? { [part]: {} } : {},
    };
    try {
      if (op === "apply") {
        const applied = applyToObject(live, object, { ...writing, force });
        live = withEntries(clean(applied.object), applied.managedFields);
      } else {
        const next = clean({ ...object, apiVersion, kind });
        const sent = next.metadata?.managedFields;
        const compared = withEntries(next, live.metadata?.managedFields);
        const update = { live: isNew ? undefined : live, next: compared, sent };
        live = withEntries(next, managedFieldsAfter(update, writing));
      }
      isNew = false;
      return { object: live };
    } catch (error) {
      if (error instanceof StatusError) {
        const { code = 0, details } = error.status;
        return { error: error.message, code, ...(details?.causes && { causes: details.causes }) };
      }
      return { error: String(error) };
    }
  });
}

function withEntries(object: KubeObject, entries: unknown): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return {
    ...object,
    metadata: { ...metadata, ...(entries !== undefined && { managedFields: entries }) },
  } as KubeObject;
}

function withoutNulls(value: unknown): KubeObject {
  return JSON.parse(JSON.stringify(value)) as KubeObject;
}
