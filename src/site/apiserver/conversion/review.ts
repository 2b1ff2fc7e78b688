import { isJsonObject, type JsonObject } from "#api/codec/json-value.ts";
import type { KubeObject } from "#api/object.ts";

const GROUP = "apiextensions.k8s.io";
const REVIEW_VERSIONS = ["v1", "v1beta1"];

/** A question to a conversion webhook. */
export interface ConversionReview {
  readonly kind: "ConversionReview";
  readonly apiVersion: string;
  readonly request: {
    readonly uid: string;
    readonly desiredAPIVersion: string;
    readonly objects: readonly KubeObject[];
  };
}

/** What is wrong with a conversion; `message` goes on after `conversion webhook for …`. */
export class ConversionError extends Error {
  override readonly name = "ConversionError";
}

/**
 * Asks for objects in another version, in the first version of the question that the webhook knows.
 * @throws ConversionError where it knows none.
 */
export function conversionReview(
  objects: readonly KubeObject[],
  { desired, versions }: { readonly desired: string; readonly versions: readonly string[] },
): ConversionReview {
  const version = versions.find((one) => REVIEW_VERSIONS.includes(one));
  if (version === undefined)
    throw new ConversionError(" failed: no supported conversion review versions");
  return {
    kind: "ConversionReview",
    apiVersion: `${GROUP}/${version}`,
    request: { uid: crypto.randomUUID(), desiredAPIVersion: desired, objects },
  };
}

/**
 * The converted objects of an answer, in order, each with the metadata that it had: a webhook
 * changes labels and annotations alone (apiextensions `webhook_converter.go`).
 * @throws ConversionError
 */
export function convertedObjects(review: ConversionReview, answer: unknown): KubeObject[] {
  const { objects, desiredAPIVersion } = review.request;
  const converted = resultsOf(review, answer);
  if (converted.length !== objects.length)
    throw new ConversionError(` returned ${converted.length} objects, expected ${objects.length}`);
  return objects.map((original, index) => {
    const refuse = (why: string): ConversionError =>
      new ConversionError(` returned invalid converted object at index ${index}: ${why}`);
    const one = converted[index];
    if (!isJsonObject(one)) throw refuse("it is no object");
    checkIdentity({ original, one, desired: desiredAPIVersion }, refuse);
    return withMetadata(original, one, refuse);
  });
}

/** `example.com/v1, Kind=Widget` */
export function shownKind({ apiVersion = "", kind = "" }: KubeObject): string {
  return `${apiVersion}, Kind=${kind}`;
}

function resultsOf(review: ConversionReview, answer: unknown): readonly unknown[] {
  const failed = (why: string): ConversionError => new ConversionError(` failed: ${why}`);
  const body = isJsonObject(answer) ? answer : {};
  const { apiVersion = "", kind = "", response } = body;
  // The older question was never so strict.
  const isStrict = review.apiVersion === `${GROUP}/v1`;
  if (isStrict && (apiVersion !== review.apiVersion || kind !== review.kind)) {
    const got = { apiVersion: String(apiVersion), kind: String(kind) };
    throw failed(`expected webhook response of ${shownKind(review)}, got ${shownKind(got)}`);
  }
  if (!isJsonObject(response)) throw failed("no response provided");
  const { uid = "", result, convertedObjects: converted } = response;
  if (isStrict && uid !== review.request.uid) {
    const wanted = JSON.stringify(review.request.uid);
    throw failed(`expected response.uid=${wanted}, got ${JSON.stringify(uid)}`);
  }
  const { status = "", message = "" } = isJsonObject(result) ? result : {};
  if (status !== "Success") {
    const unsaid = `response.result.status was '${String(status)}', not 'Success'`;
    throw failed(typeof message === "string" && message !== "" ? message : unsaid);
  }
  return Array.isArray(converted) ? converted : [];
}

type Refuse = (why: string) => ConversionError;

function checkIdentity(
  {
    original,
    one,
    desired,
  }: { readonly original: KubeObject; readonly one: JsonObject; readonly desired: string },
  refuse: Refuse,
): void {
  const { apiVersion = "", kind = "", metadata } = one;
  if (apiVersion !== desired)
    throw refuse(`invalid groupVersion (expected ${desired}, received ${String(apiVersion)})`);
  if (kind !== original.kind)
    throw refuse(`invalid kind (expected ${original.kind}, received ${String(kind)})`);
  const after = isJsonObject(metadata) ? metadata : {};
  for (const [name, shown] of IDENTITY) {
    const [was = "", is = ""] = [original.metadata?.[name], after[name]];
    if (was !== is) throw refuse(`must have the same ${shown}: ${was} != ${String(is)}`);
  }
}

const IDENTITY = [
  ["name", "name"],
  ["namespace", "namespace"],
  ["uid", "UID"],
] as const;

function withMetadata(original: KubeObject, one: JsonObject, refuse: Refuse): KubeObject {
  const { metadata } = one;
  if (metadata === undefined) throw refuse("missing metadata in converted object");
  if (!isJsonObject(metadata)) throw refuse("metadata in converted object is no object");
  const { labels: _labels, annotations: _annotations, ...kept } = original.metadata ?? {};
  const { labels = null, annotations = null } = metadata;
  for (const [name, texts] of Object.entries({ labels, annotations }))
    if (texts !== null && !isTexts(texts)) throw refuse(`metadata.${name} are no texts`);
  const free = {
    ...(isTexts(labels) && { labels }),
    ...(isTexts(annotations) && { annotations }),
  };
  return { ...one, metadata: { ...kept, ...free } };
}

function isTexts(value: unknown): value is Record<string, string> {
  return isJsonObject(value) && Object.values(value).every((one) => typeof one === "string");
}
