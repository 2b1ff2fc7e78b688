import { type FieldError, forbidden, invalid, notSupported, required } from "../field-error.ts";
import { pathSegment } from "../names.ts";
import type { Volume } from "../object.ts";
import { each, validateLabelSelector } from "./common.ts";
import { validateFilePath } from "./paths.ts";
import { validateDownwardFile, validateKeyToPath } from "./volume-files.ts";
import { requiredFields } from "./volume-source.ts";

type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];
type Token = NonNullable<Projection["serviceAccountToken"]>;
type Bundle = NonNullable<Projection["clusterTrustBundle"]>;
type Certificate = NonNullable<Projection["podCertificate"]>;

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
  const { downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = projection;
  for (const item of downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFile(item, `${at}.downwardAPI`));
    errors.push(...taken.take(item.path, item.path));
  }
  if (serviceAccountToken) errors.push(...validateToken(serviceAccountToken, place));
  if (clusterTrustBundle) {
    errors.push(...validateBundle(clusterTrustBundle, `${at}.clusterTrustBundle`));
    errors.push(...taken.take(clusterTrustBundle.path, clusterTrustBundle.path));
  }
  return podCertificate ? [...errors, ...validateCertificate(podCertificate, place)] : errors;
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

function validateBundle(bundle: Bundle, path: string): FieldError[] {
  const { name, signerName, labelSelector, path: file } = bundle;
  const errors: FieldError[] = [];
  if (name !== undefined && signerName !== undefined) {
    const detail = "only one of name and signerName may be used";
    errors.push(invalid(path, { value: bundle, detail }));
  } else if (name !== undefined) {
    if (name === "") errors.push(required(`${path}.name`, "must be a valid object name"));
    for (const why of pathSegment(name)) {
      const detail = `not a valid clustertrustbundlename: ${why}`;
      errors.push(invalid(`${path}.name`, { value: name, detail }));
    }
    if (labelSelector) {
      const detail = "labelSelector must be unset if name is specified";
      errors.push(invalid(`${path}.labelSelector`, { value: labelSelector, detail }));
    }
  } else if (signerName === undefined) {
    errors.push(required(path, "either name or signerName must be specified"));
  } else {
    if (signerName === "") {
      errors.push(required(`${path}.signerName`, "must be a valid signer name"));
    }
    errors.push(...validateLabelSelector(labelSelector, `${path}.labelSelector`));
  }
  return [...errors, ...validateFilePath(file, `${path}.path`)];
}

const KEY_TYPES = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"] as const;

function validateCertificate(certificate: Certificate, { at, taken }: Place): FieldError[] {
  const path = `${at}.podCertificate`;
  const { signerName, keyType } = certificate;
  const errors = requiredFields(path, { signerName });
  const types: readonly string[] = KEY_TYPES;
  if (!types.includes(keyType)) {
    errors.push(notSupported(`${path}.keyType`, { value: keyType ?? "", supported: types }));
  }
  for (const field of ["credentialBundlePath", "keyPath", "certificateChainPath"] as const) {
    const file = certificate[field];
    if (file === undefined) continue;
    errors.push(...validateFilePath(file, `${path}.${field}`), ...taken.take(file, file));
  }
  return errors;
}
