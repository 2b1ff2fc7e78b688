import { DecodeError } from "../codec/decode-error.ts";
import { JsonReader } from "../codec/json-reader.ts";
import { jsonType } from "../codec/json-value.ts";
import {
  type FieldError,
  forbidden,
  immutable,
  invalid,
  invalidAll,
  required,
  tooLong,
} from "../field-error.ts";
import { configKey } from "../names.ts";
import type { ConfigMap, Secret } from "../object.ts";

const MAX_BYTES = 1024 * 1024;
const IMMUTABLE = "field is immutable when `immutable` is set";

type Data = Readonly<Record<string, string>>;

function validateKeys(data: Data, path: string): FieldError[] {
  return Object.keys(data).flatMap((key) =>
    invalidAll(`${path}[${key}]`, { value: key, details: configKey(key) }),
  );
}

function sizeOf(data: Data, encoding: "utf8" | "base64"): number {
  return Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, encoding), 0);
}

/** Errors of a ConfigMap. */
export function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors = validateKeys(data, "data");
  for (const key of Object.keys(data).filter((name) => Object.hasOwn(binaryData, name))) {
    const detail = "duplicate of key present in binaryData";
    errors.push(invalid(`data[${key}]`, { value: key, detail }));
  }
  errors.push(...validateKeys(binaryData, "binaryData"));
  const bytes = sizeOf(data, "utf8") + sizeOf(binaryData, "base64");
  return bytes > MAX_BYTES ? [...errors, tooLong("[]", MAX_BYTES)] : errors;
}

interface Sealable {
  readonly immutable?: boolean;
  readonly data?: Data;
  readonly binaryData?: Data;
}

/** What was sealed stays sealed, and as it is. */
function validateSealed(next: Sealable, current: Sealable): FieldError[] {
  if (!current.immutable) return [];
  const errors = next.immutable ? [] : [forbidden("immutable", IMMUTABLE)];
  for (const field of ["data", "binaryData"] as const) {
    const same = Bun.deepEquals(next[field] ?? {}, current[field] ?? {});
    if (!same) errors.push(forbidden(field, IMMUTABLE));
  }
  return errors;
}

export function validateConfigMapUpdate(next: ConfigMap, current: ConfigMap): FieldError[] {
  return validateSealed(next, current);
}

const ACCOUNT_ANNOTATION = "kubernetes.io/service-account.name";

/** Keys that a type of Secret must have. */
const REQUIRED_KEYS: ReadonlyMap<string, readonly string[]> = new Map([
  ["kubernetes.io/dockercfg", [".dockercfg"]],
  ["kubernetes.io/dockerconfigjson", [".dockerconfigjson"]],
  ["kubernetes.io/tls", ["tls.crt", "tls.key"]],
]);

/** Errors of a Secret after defaulting: some types demand keys. */
export function validateSecret({ metadata, type = "", data = {} }: Secret): FieldError[] {
  const errors = validateKeys(data, "data");
  if (sizeOf(data, "base64") > MAX_BYTES) errors.push(tooLong("data", MAX_BYTES));
  for (const key of REQUIRED_KEYS.get(type) ?? []) {
    const value = data[key];
    if (value === undefined) errors.push(required(`data[${key}]`));
    else if (key.startsWith(".docker")) errors.push(...validateJson(value, `data[${key}]`));
  }
  switch (type) {
    case "kubernetes.io/service-account-token":
      if (!metadata?.annotations?.[ACCOUNT_ANNOTATION]) {
        errors.push(required(`metadata.annotations[${ACCOUNT_ANNOTATION}]`));
      }
      break;
    case "kubernetes.io/basic-auth":
      if (data["username"] === undefined && data["password"] === undefined) {
        errors.push(required("data[username]"), required("data[password]"));
      }
      break;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) errors.push(required("data[ssh-privatekey]"));
      break;
  }
  return errors;
}

function validateJson(encoded: string, path: string): FieldError[] {
  const detail = whyNoObject(Buffer.from(encoded, "base64").toString());
  if (detail === undefined) return [];
  return [invalid(path, { value: "<secret contents redacted>", detail })];
}

function whyNoObject(text: string): string | undefined {
  try {
    const { value } = new JsonReader(text).read();
    if (typeof value === "object" && !Array.isArray(value)) return undefined;
    return `json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`;
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
}

export function validateSecretUpdate(next: Secret, current: Secret): FieldError[] {
  return [
    ...immutable("type", { next: next.type, current: current.type }),
    ...validateSealed(next, current),
  ];
}
