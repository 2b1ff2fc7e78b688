import { readJson } from "../codec/json.ts";
import { isJsonObject, jsonType } from "../codec/json-value.ts";
import { type FieldError, invalid, required } from "../field-error.ts";
import type { ObjectMeta } from "../object.ts";
import { type Taint, validateTaints } from "./taints.ts";

const TAINTS = "scheduler.alpha.kubernetes.io/taints";
const AVOIDED = "scheduler.alpha.kubernetes.io/preferAvoidPods";

/** Errors of annotations that meant something for a node before there were fields. */
export function validateNodeAnnotations(
  annotations: ObjectMeta["annotations"],
  path: string,
): FieldError[] {
  const { [TAINTS]: taints = "", [AVOIDED]: avoided = "" } = annotations ?? {};
  return [
    ...(taints === "" ? [] : validateTaintsText(taints, path)),
    ...(avoided === "" ? [] : validateAvoidedText(avoided, path)),
  ];
}

/** What Go says where JSON has something else than its type. */
class WrongType extends Error {}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function validateTaintsText(text: string, path: string): FieldError[] {
  try {
    const { value } = readJson(Buffer.from(text));
    return validateTaints(elements(value, "core.Taint").map(readTaint), `${path}.${TAINTS}`);
  } catch (error) {
    return [invalid(path, { value: TAINTS, detail: reasonOf(error) })];
  }
}

/** The elements of a list of Go's, none where there is null. */
function elements(value: unknown, type: string, place = "value"): readonly unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new WrongType(
    `json: cannot unmarshal ${jsonType(value)} into Go ${place} of type []${type}`,
  );
}

function readTaint(value: unknown): Taint {
  return {
    key: text(value, "Key", "string"),
    value: text(value, "Value", "string"),
    effect: text(value, "Effect", "core.TaintEffect"),
  };
}

/** A field of a taint, whatever the case of its name. */
function text(taint: unknown, name: string, type: string): string {
  if (taint === null) return "";
  if (!isJsonObject(taint)) {
    throw new WrongType(
      `json: cannot unmarshal ${jsonType(taint)} into Go value of type core.Taint`,
    );
  }
  const value = fieldOf(taint, name) ?? "";
  if (typeof value === "string") return value;
  const place = `struct field Taint.${name}`;
  throw new WrongType(`json: cannot unmarshal ${jsonType(value)} into Go ${place} of type ${type}`);
}

/** A field as Go's decoder finds it: by its name in any case, the last one of several. */
function fieldOf(object: unknown, name: string): unknown {
  if (!isJsonObject(object)) return undefined;
  const isIt = ([key]: [string, unknown]) => key.toLowerCase() === name.toLowerCase();
  return Object.entries(object).findLast(isIt)?.[1];
}

/** Pods that were to avoid a node: those of a controller. */
function validateAvoidedText(text: string, path: string): FieldError[] {
  try {
    const { value } = readJson(Buffer.from(text));
    if (value !== null && !isJsonObject(value)) {
      throw new WrongType(
        `json: cannot unmarshal ${jsonType(value)} into Go value of type v1.AvoidPods`,
      );
    }
    const list = fieldOf(value, "preferAvoidPods");
    const place = "struct field AvoidPods.preferAvoidPods";
    const entries = elements(list, "v1.PreferAvoidPodsEntry", place);
    return entries.flatMap((entry, index) =>
      validateAvoided(entry, `${path}.${AVOIDED}[${index}]`),
    );
  } catch (error) {
    return [invalid(`${path}.AvoidPods`, { value: AVOIDED, detail: reasonOf(error) })];
  }
}

/** One that does not say whether it is the controller is none here; Kubernetes panics at it. */
function validateAvoided(entry: unknown, path: string): FieldError[] {
  const at = `${path}.PodSignature`;
  const owner = fieldOf(fieldOf(entry, "podSignature"), "podController");
  if (!isJsonObject(owner)) return [required(at)];
  if (fieldOf(owner, "controller") === true) return [];
  const rule = { value: false, detail: "must point to a controller" };
  return [invalid(`${at}.PodController.Controller`, rule)];
}
