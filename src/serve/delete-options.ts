import { decodeObject } from "#api/codec/decode-object.ts";
import { type FieldError, invalid, notSupported } from "#api/field-error.ts";
import type { KubeObject } from "#api/object.ts";
import { badRequest } from "#api/status.ts";
import type { DeleteOptions } from "#api/verbs.ts";
import type { Call } from "./call.ts";
import { flag, integer, isDryRun, refuse } from "./query.ts";
import { readBody } from "./read-body.ts";

/** `metav1.DeleteOptions` as it may arrive; every field is checked before it is believed. */
export interface RawDeleteOptions extends KubeObject {
  readonly gracePeriodSeconds?: unknown;
  readonly propagationPolicy?: unknown;
  readonly orphanDependents?: unknown;
  readonly preconditions?: unknown;
  readonly dryRun?: unknown;
}

export interface SentDeleteOptions {
  readonly options: DeleteOptions;
  /** The deprecated way to ask for a policy; decides about the code of the answer. */
  readonly orphanDependents: boolean | undefined;
}

/**
 * The options of a DELETE: from its body, or from the query where there is none.
 * @throws StatusError 400 or 422.
 */
export async function readDeleteOptions(call: Call): Promise<SentDeleteOptions> {
  const body = await readBody(call.request);
  if (body.length === 0) return parseDeleteOptions(fromQuery(call.query));
  const sent = decode(body, call);
  call.audit?.sent(sent);
  return parseDeleteOptions(sent);
}

/**
 * What options say, in the types that they must have.
 * @throws StatusError 400 or 422.
 */
export function parseDeleteOptions(sent: RawDeleteOptions): SentDeleteOptions {
  const errors: FieldError[] = [];
  const { orphanDependents, gracePeriodSeconds, preconditions } = sent;
  if (orphanDependents !== undefined && sent.propagationPolicy !== undefined) {
    const value = sent.propagationPolicy;
    const detail = "orphanDependents and deletionPropagation cannot be both set";
    errors.push(invalid("propagationPolicy", { value, detail }));
  }
  const policy = policyOf(sent, errors);
  const dryRun = isDryRun(Array.isArray(sent.dryRun) ? sent.dryRun.map(String) : [], errors);
  if (gracePeriodSeconds !== undefined && !Number.isSafeInteger(gracePeriodSeconds)) {
    throw badRequest("gracePeriodSeconds must be an integer");
  }
  refuse("DeleteOptions", errors);
  return {
    options: {
      dryRun,
      ...(typeof gracePeriodSeconds === "number" && { gracePeriodSeconds }),
      ...(policy !== undefined && { propagationPolicy: policy }),
      ...(preconditions !== undefined && { preconditions: preconditionsOf(preconditions) }),
    },
    orphanDependents: typeof orphanDependents === "boolean" ? orphanDependents : undefined,
  };
}

function decode(body: Uint8Array, { request, path }: Call): RawDeleteOptions {
  const { object } = decodeObject({
    body,
    contentType: request.headers.get("content-type") ?? "",
    expected: { group: "meta.k8s.io", version: "v1", kind: "DeleteOptions" },
    optionsOf: path.resource,
    fieldValidation: "Ignore",
  });
  return object;
}

function fromQuery(query: URLSearchParams): RawDeleteOptions {
  const gracePeriodSeconds = integer(query, "gracePeriodSeconds");
  const propagationPolicy = query.get("propagationPolicy");
  const dryRun = query.getAll("dryRun");
  const [uid, resourceVersion] = [query.get("uid"), query.get("resourceVersion")];
  const preconditions = {
    ...(uid !== null && { uid }),
    ...(resourceVersion !== null && { resourceVersion }),
  };
  return {
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(propagationPolicy !== null && { propagationPolicy }),
    ...(query.has("orphanDependents") && { orphanDependents: flag(query, "orphanDependents") }),
    ...(dryRun.length > 0 && { dryRun }),
    ...(Object.keys(preconditions).length > 0 && { preconditions }),
  };
}

function policyOf(
  { propagationPolicy: value, orphanDependents }: RawDeleteOptions,
  errors: FieldError[],
): DeleteOptions["propagationPolicy"] {
  switch (value) {
    case undefined:
      if (typeof orphanDependents !== "boolean") return undefined;
      return orphanDependents ? "Orphan" : "Background";
    case "Background":
    case "Foreground":
    case "Orphan":
      return value;
    default: {
      const supported = ["Foreground", "Background", "Orphan", "nil"];
      errors.push(notSupported("propagationPolicy", { value: String(value), supported }));
      return undefined;
    }
  }
}

function preconditionsOf(value: unknown): NonNullable<DeleteOptions["preconditions"]> {
  if (typeof value !== "object" || value === null) return {};
  const uid = "uid" in value ? value.uid : undefined;
  const resourceVersion = "resourceVersion" in value ? value.resourceVersion : undefined;
  return {
    ...(typeof uid === "string" && { uid }),
    ...(typeof resourceVersion === "string" && { resourceVersion }),
  };
}
