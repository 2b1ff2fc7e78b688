import { posix } from "node:path";
import { DecodeError } from "#api/codec/decode-error.ts";
import { readJson } from "#api/codec/json.ts";
import { isJsonObject, jsonType } from "#api/codec/json-value.ts";
import { badRequest } from "#api/status.ts";

/** Where the next page of a list begins, in the form that Kubernetes gives to its clients. */
export interface ContinueToken {
  /** The version that is being read; below 0 for "whatever is there now". */
  readonly resourceVersion: number;
  /** The first key that may follow, below what the request is about: `name` or `namespace/name`. */
  readonly start: string;
}

const VERSION = "meta.k8s.io/v1";

export function encodeContinue({ resourceVersion, start }: ContinueToken): string {
  const json = JSON.stringify({ v: VERSION, rv: resourceVersion, start });
  return Buffer.from(json).toString("base64url");
}

/** @throws StatusError 400, in Kubernetes' words, for what is no token. */
export function decodeContinue(token: string): ContinueToken {
  const { v = "", rv = 0, start = "" } = fieldsOf(parse(token));
  if (v !== VERSION) throw notValid(`server does not recognize this encoded version ${v}`);
  if (rv === 0) throw notValid(`incorrect encoded start resourceVersion (version ${VERSION})`);
  if (start === "") throw notValid(`encoded start key empty (version ${VERSION})`);
  const path = start.startsWith("/") ? start : `/${start}`;
  if (posix.normalize(path) !== path) throw notValid(start);
  return { resourceVersion: rv, start: path.slice(1) };
}

function parse(token: string): unknown {
  try {
    return readJson(bytesOf(token)).value ?? {};
  } catch (error) {
    if (error instanceof DecodeError) throw notValid(error.message);
    throw error;
  }
}

/** The bytes behind unpadded base64url, of which a decoder here would forgive too much. */
function bytesOf(token: string): Buffer {
  const strange = token.search(/[^A-Za-z0-9_-]/);
  const left = token.length % 4 === 1 ? token.length - 1 : -1;
  const at = strange === -1 ? left : strange;
  if (at !== -1) throw notValid(`illegal base64 data at input byte ${at}`);
  return Buffer.from(token, "base64url");
}

function fieldsOf(value: unknown): { v?: string; rv?: number; start?: string } {
  if (!isJsonObject(value)) {
    throw notValid(
      `json: cannot unmarshal ${jsonType(value)} into Go value of type storage.continueToken`,
    );
  }
  const { v, rv, start } = value;
  return { ...text("v", v), ...wholeNumber(rv), ...text("start", start) };
}

function text<Name extends string>(name: Name, value: unknown): { [K in Name]?: string } {
  const found: { [K in Name]?: string } = {};
  if (typeof value === "string") found[name] = value;
  else if (value !== undefined && value !== null) throw unfit({ name, value, type: "string" });
  return found;
}

function wholeNumber(value: unknown): { rv?: number } {
  if (value === undefined || value === null) return {};
  if (Number.isInteger(value) || typeof value === "bigint") return { rv: Number(value) };
  throw unfit({ name: "rv", value, type: "int64" });
}

function unfit({ name, value, type }: { name: string; value: unknown; type: string }): Error {
  const shown = typeof value === "number" ? `number ${value}` : jsonType(value);
  return notValid(
    `json: cannot unmarshal ${shown} into Go struct field continueToken.${name} of type ${type}`,
  );
}

const notValid = (why: string): Error =>
  badRequest(`invalid continue token: continue key is not valid: ${why}`);
