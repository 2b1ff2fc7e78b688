import { type FieldError, forbidden, invalid } from "../field-error.ts";
import type { Volume } from "../object.ts";
import { each } from "./common.ts";
import { validateFilePath } from "./paths.ts";
import { validateDownwardFile, validateKeyToPath } from "./volume-files.ts";
import { requiredFields } from "./volume-source.ts";

type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];
type Token = NonNullable<Projection["serviceAccountToken"]>;

const TOKEN_MIN_SECONDS = 600;
const TOKEN_MAX_SECONDS = 2 ** 32;

/** Paths that are taken in a projected volume; `source` is whom a second one is reported with. */
class Taken {
  readonly #paths = new Set<string>();
  readonly #volume: string;

  constructor(volume: string) {
    this.#volume = volume;
  }

  take(file: string | undefined, source: string): FieldError[] {
    if (!file) return [];
    if (this.#paths.has(file)) {
      return [invalid(this.#volume, { value: source, detail: "conflicting duplicate paths" })];
    }
    this.#paths.add(file);
    return [];
  }
}

/** Errors of the sources of a projected volume: each is of one type, and no two write one file. */
export function validateProjections(sources: readonly Projection[], path: string): FieldError[] {
  const taken = new Taken(path);
  return each(sources, `${path}.sources`, (source, at) => {
    const errors = validateProjection(source, { at, volume: path, taken });
    const given = Object.values(source).filter((one) => one !== undefined).length;
    if (given <= 1) return errors;
    return [...errors, forbidden(at, "may not specify more than 1 volume type per source")];
  });
}

interface Place {
  readonly at: string;
  /** Where the whole volume is, which Kubernetes names where it means the path of a token. */
  readonly volume: string;
  readonly taken: Taken;
}

function validateProjection(projection: Projection, place: Place): FieldError[] {
  const { at, taken } = place;
  const errors: FieldError[] = [];
  for (const kind of ["secret", "configMap"] as const) {
    const { name = "", items } = projection[kind] ?? {};
    if (projection[kind] === undefined) continue;
    errors.push(...requiredFields(`${at}.${kind}`, { name }));
    errors.push(
      ...each(items, `${at}.${kind}.items`, (item, path) => [
        ...validateKeyToPath(item, path),
        ...taken.take(item.path, name),
      ]),
    );
  }
  const { downwardAPI, serviceAccountToken } = projection;
  for (const item of downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFile(item, `${at}.downwardAPI`));
    errors.push(...taken.take(item.path, item.path));
  }
  return serviceAccountToken ? [...errors, ...validateToken(serviceAccountToken, place)] : errors;
}

function validateToken({ expirationSeconds: value = 0, path: file }: Token, place: Place) {
  const field = `${place.at}.serviceAccountToken.expirationSeconds`;
  const errors: FieldError[] = [];
  if (value < TOKEN_MIN_SECONDS) {
    const detail = "may not specify a duration less than 10 minutes";
    errors.push(invalid(field, { value, detail }));
  }
  if (value > TOKEN_MAX_SECONDS) {
    const detail = "may not specify a duration larger than 2^32 seconds";
    errors.push(invalid(field, { value, detail }));
  }
  return [...errors, ...validateFilePath(file, `${place.volume}.path`)];
}
