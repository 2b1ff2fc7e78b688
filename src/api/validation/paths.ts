import { type FieldError, invalid, required } from "../field-error.ts";

/** A path that stays below where it starts. */
export function validateDescendingPath(value: string, path: string): FieldError[] {
  const errors = value.startsWith("/")
    ? [invalid(path, { value, detail: "must be a relative path" })]
    : [];
  return [...errors, ...noBacksteps(value, path)];
}

/** A path that nowhere climbs up. */
export function noBacksteps(value: string, path: string): FieldError[] {
  if (!value.split("/").includes("..")) return [];
  return [invalid(path, { value, detail: "must not contain '..'" })];
}

/** Where a file of a volume goes: below the volume, and not where the kubelet keeps its own. */
export function validateFilePath(file: string, path: string): FieldError[] {
  if (!file) return [required(path)];
  const errors = validateDescendingPath(file, path);
  if (!file.startsWith("..") || file.startsWith("../")) return errors;
  return [...errors, invalid(path, { value: file, detail: "must not start with '..'" })];
}
