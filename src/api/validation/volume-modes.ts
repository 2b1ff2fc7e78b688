import { type FieldError, forbidden, notSupported } from "../field-error.ts";

const ALONE = "ReadWriteOncePod";
const ACCESS_MODES: readonly string[] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", ALONE];

/** Whether a volume is a directory or a device. */
export const VOLUME_MODES: readonly string[] = ["Block", "Filesystem"];

/** Errors of the ways in which a volume can be used; one of them excludes all others. */
export function validateAccessModes(modes: readonly string[], path: string): FieldError[] {
  const errors = modes
    .filter((mode) => !ACCESS_MODES.includes(mode))
    .map((value) => notSupported(path, { value, supported: ACCESS_MODES }));
  const known = modes.filter((mode) => ACCESS_MODES.includes(mode));
  if (!known.includes(ALONE) || known.every((mode) => mode === ALONE)) return errors;
  return [...errors, forbidden(path, `may not use ${ALONE} with other access modes`)];
}
