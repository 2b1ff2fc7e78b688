import { type FieldError, invalid, required } from "../field-error.ts";
import type { Volume } from "../object.ts";
import { each } from "./common.ts";
import { validateFieldRef, validateResourceFieldRef } from "./downward.ts";
import { validateFilePath } from "./paths.ts";

type KeyToPath = NonNullable<NonNullable<Volume["secret"]>["items"]>[number];
type DownwardFile = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];

const MAX_FILE_MODE = 0o777;
const FILE_MODE_ERROR = "must be a number between 0 and 0777 (octal), both inclusive";

/** The permissions of a file. */
export function validateMode(mode: number | undefined, path: string): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= MAX_FILE_MODE)) return [];
  return [invalid(path, { value: mode, detail: FILE_MODE_ERROR })];
}

interface Files {
  readonly defaultMode?: number | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
}

/** Errors of the files that a volume makes of keys. */
export function validateFiles({ defaultMode, items }: Files, path: string): FieldError[] {
  return [
    ...validateMode(defaultMode, `${path}.defaultMode`),
    ...each(items, `${path}.items`, validateKeyToPath),
  ];
}

/** Errors of one of them. */
export function validateKeyToPath(
  { key, path: file, mode }: KeyToPath,
  path: string,
): FieldError[] {
  return [
    ...(key ? [] : [required(`${path}.key`)]),
    ...validateFilePath(file, `${path}.path`),
    ...validateMode(mode, `${path}.mode`),
  ];
}

/** Errors of a file with what the pod says of itself. */
export function validateDownwardFile(file: DownwardFile, path: string): FieldError[] {
  const { fieldRef, resourceFieldRef, mode } = file;
  const errors = validateFilePath(file.path, `${path}.path`);
  if (fieldRef) {
    errors.push(...validateFieldRef(fieldRef, `${path}.fieldRef`, "volume"));
    if (resourceFieldRef) {
      const detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
      errors.push(invalid(path, { value: "resource", detail }));
    }
  } else if (resourceFieldRef) {
    const at = `${path}.resourceFieldRef`;
    errors.push(...validateResourceFieldRef(resourceFieldRef, at, "volume"));
  } else {
    errors.push(required(path, "one of fieldRef and resourceFieldRef is required"));
  }
  return [...errors, ...validateMode(mode, `${path}.mode`)];
}
