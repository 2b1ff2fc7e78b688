import { type FieldError, invalid, tooLong } from "../field-error.ts";
import type { ManagedFieldsEntry } from "../object.ts";

const MAX_MANAGER_BYTES = 128;
const MAX_SUBRESOURCE_BYTES = 256;
/** Go's unicode.IsPrint: letters, marks, numbers, punctuation, symbols and the plain space. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Almost every name. */
const PLAIN = /^[ -~]{0,128}$/;

/** Errors in the name of a field manager; an empty one is none. */
export function validateFieldManager(name: string, path: string): FieldError[] {
  if (PLAIN.test(name)) return [];
  const errors: FieldError[] = [];
  if (Buffer.byteLength(name) > MAX_MANAGER_BYTES) errors.push(tooLong(path, MAX_MANAGER_BYTES));
  let position = 0;
  for (const character of name) {
    if (!PRINTABLE.test(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
      const detail = `invalid character U+${code} (at position ${position})`;
      errors.push(invalid(path, { value: name, detail }));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

/** `kubectl/v1.36.0 (linux/amd64) kubernetes/abc` writes as `kubectl`. */
export function managerOfUserAgent(userAgent: string): string {
  let name = "";
  let bytes = 0;
  for (const character of userAgent.split("/")[0] ?? "") {
    if (!PRINTABLE.test(character)) continue;
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_MANAGER_BYTES) break;
    name += character;
  }
  return name === "" ? "unknown" : name;
}

/** Errors in the entries that a client may have written. */
export function validateManagedFields(
  entries: readonly ManagedFieldsEntry[] | undefined,
  path: string,
): FieldError[] {
  return (entries ?? []).flatMap(({ operation, fieldsType, manager, subresource }, index) => {
    const place = `${path}[${index}]`;
    const errors: FieldError[] = [];
    if (operation !== "Apply" && operation !== "Update") {
      const detail = "must be `Apply` or `Update`";
      errors.push(invalid(`${place}.operation`, { value: operation ?? "", detail }));
    }
    if (fieldsType !== undefined && fieldsType !== "" && fieldsType !== "FieldsV1") {
      const detail = "must be `FieldsV1`";
      errors.push(invalid(`${place}.fieldsType`, { value: fieldsType, detail }));
    }
    errors.push(...validateFieldManager(manager ?? "", `${place}.manager`));
    if (subresource !== undefined && Buffer.byteLength(subresource) > MAX_SUBRESOURCE_BYTES)
      errors.push(tooLong(`${place}.subresource`, MAX_SUBRESOURCE_BYTES));
    return errors;
  });
}
