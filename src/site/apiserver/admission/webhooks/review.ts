import { isJsonObject } from "#api/codec/json-value.ts";
import type { GroupVersionKind, Resource } from "#api/resource.ts";
import type { StatusError } from "#api/status.ts";
import { CallFailure, denial } from "./errors.ts";
import type { Hook, ReviewVersion } from "./hook.ts";
import { type ReviewRequest, requestNamespace, type Versions } from "./request.ts";

const GROUP = "admission.k8s.io";

/** An `AdmissionReview` for a webhook that knows the kind by `row`. */
export function reviewOf(
  request: ReviewRequest,
  { row, version, versions }: { row: Resource; version: ReviewVersion; versions: Versions },
) {
  const { operation, name, subresource, admission, options, resource } = request;
  const namespace = requestNamespace(request);
  const { user } = admission;
  const sub = subresource === undefined ? {} : { subResource: subresource };
  return {
    kind: "AdmissionReview",
    apiVersion: `${GROUP}/${version}`,
    request: {
      uid: crypto.randomUUID(),
      kind: kindOf(row, subresource),
      resource: resourceOf(row),
      ...sub,
      requestKind: kindOf(resource, subresource),
      requestResource: resourceOf(resource),
      ...(subresource !== undefined && { requestSubResource: subresource }),
      ...(name !== "" && { name }),
      ...(namespace !== "" && { namespace }),
      operation,
      userInfo: {
        username: user.name,
        ...(user.uid !== undefined && { uid: user.uid }),
        groups: user.groups,
        ...(user.extra && { extra: user.extra }),
      },
      object: versions.object ?? null,
      oldObject: versions.oldObject ?? null,
      dryRun: admission.dryRun,
      options: options ?? null,
    },
  };
}

function kindOf(row: Resource, subresource: string | undefined): GroupVersionKind {
  const { group, version, kind } = row.subresources.find(({ name }) => name === subresource) ?? row;
  return { group, version, kind };
}

const resourceOf = ({ group, version, plural }: Resource) => ({ group, version, resource: plural });

/** What a webhook said, checked. */
export interface Verdict {
  /** Its denial, if that is what it said. */
  readonly refusal: StatusError | undefined;
  /** A JSON patch, or nothing to change. */
  readonly patch: unknown;
  readonly warnings: readonly string[];
  /** For the audit log. */
  readonly annotations: readonly (readonly [key: string, value: string])[];
}

/**
 * Reads the answer to a review.
 * @throws CallFailure for what is no answer.
 */
export function verdictOf(
  answer: unknown,
  { hook, uid, mutating }: { hook: Pick<Hook, "name" | "version">; uid: string; mutating: boolean },
): Verdict {
  const bad = (why: string): CallFailure =>
    new CallFailure(hook.name, `received invalid webhook response: ${why}`);
  const review = isJsonObject(answer) ? answer : {};
  const { response } = review;
  if (!isJsonObject(response)) throw bad("webhook response was absent");
  const isV1 = hook.version === "v1";
  if (isV1) checkIdentity(review, { response, uid, bad });
  const { patch, patchType, warnings, auditAnnotations } = response;
  const isPatched = typeof patch === "string" && patch !== "";
  if (isV1) checkPatch({ isPatched, patchType, mutating }, bad);
  const isAllowed = response["allowed"] === true;
  if (isAllowed && isPatched && isV1 && patchType !== "JSONPatch") {
    throw new CallFailure(hook.name, `unsupported patch type ${JSON.stringify(patchType)}`);
  }
  return {
    refusal: isAllowed ? undefined : denial(hook.name, response["status"]),
    patch: isAllowed && isPatched && mutating ? parsePatch(patch, bad) : undefined,
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
    annotations: isJsonObject(auditAnnotations)
      ? Object.entries(auditAnnotations).map(([key, value]) => [key, String(value)] as const)
      : [],
  };
}

type Bad = (why: string) => CallFailure;

function checkIdentity(
  review: Readonly<Record<string, unknown>>,
  { response, uid, bad }: { response: Readonly<Record<string, unknown>>; uid: string; bad: Bad },
): void {
  const got = String(response["uid"] ?? "");
  if (got !== uid) {
    throw bad(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(got)}`);
  }
  const { apiVersion = "", kind = "" } = review;
  if (apiVersion === `${GROUP}/v1` && kind === "AdmissionReview") return;
  throw bad(
    `expected webhook response of ${GROUP}/v1, Kind=AdmissionReview, got ${apiVersion}, Kind=${kind}`,
  );
}

function checkPatch(
  { isPatched, patchType, mutating }: { isPatched: boolean; patchType: unknown; mutating: boolean },
  bad: Bad,
): void {
  const isTyped = patchType !== undefined && patchType !== null;
  if (!mutating) {
    if (isPatched) throw bad("validating webhook may not return response.patch");
    if (isTyped) throw bad("validating webhook may not return response.patchType");
    return;
  }
  if (isPatched && !isTyped)
    throw bad("webhook returned response.patch but not response.patchType");
  if (!isPatched && isTyped)
    throw bad("webhook returned response.patchType but not response.patch");
  if (patchType === "") throw bad('webhook returned invalid response.patchType of ""');
}

function parsePatch(patch: string, bad: Bad): unknown {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(patch, "base64").toString());
    return Array.isArray(parsed) && parsed.length === 0 ? undefined : parsed;
  } catch {
    throw bad("response.patch is no JSON");
  }
}
