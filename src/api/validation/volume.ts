import {
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  invalidAll,
  notSupported,
  required,
} from "../field-error.ts";
import { configKey, dns1123Label, dns1123Subdomain } from "../names.ts";
import type { Volume } from "../object.ts";
import { QUANTITY_ERROR, Quantity } from "../quantity.ts";
import { each } from "./common.ts";
import { validateFieldRef, validateResourceFieldRef } from "./env.ts";

type Source = keyof Omit<Volume, "name">;
type KeyToPath = NonNullable<NonNullable<Volume["secret"]>["items"]>[number];
type DownwardFile = NonNullable<NonNullable<Volume["downwardAPI"]>["items"]>[number];
type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];
type Token = NonNullable<Projection["serviceAccountToken"]>;

const HOST_PATH_TYPES = [
  "",
  "BlockDevice",
  "CharDevice",
  "Directory",
  "DirectoryOrCreate",
  "File",
  "FileOrCreate",
  "Socket",
] as const;

const MAX_FILE_MODE = 0o777;
const FILE_MODE_ERROR = "must be a number between 0 and 0777 (octal), both inclusive";
const TOKEN_MIN_SECONDS = 600;
const TOKEN_MAX_SECONDS = 2 ** 32;

/** Volumes by name, for mounts to refer to. */
export type Volumes = ReadonlyMap<string, Volume>;

/** Errors of a pod's volumes: unique names, exactly one source each. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  path: string,
): FieldError[] {
  const names = new Set<string>();
  return each(volumes, path, (volume, at) => {
    const errors = validateSource(volume, at);
    const { name } = volume;
    if (!name) errors.push(required(`${at}.name`));
    else errors.push(...invalidAll(`${at}.name`, { value: name, details: dns1123Label(name) }));
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name));
    names.add(name);
    return errors;
  });
}

function validateSource({ name: _, ...sources }: Volume, path: string): FieldError[] {
  const given = Object.entries(sources).filter(([, source]) => source !== undefined);
  const [first, ...others] = given.map(([source]) => source);
  if (first === undefined) return [required(path, "must specify a volume type")];
  return [
    ...checkSource(sources, path),
    ...others.map((other) =>
      forbidden(`${path}.${other}`, "may not specify more than 1 volume type"),
    ),
  ];
}

type Check<S extends Source> = (source: NonNullable<Volume[S]>, path: string) => FieldError[];

const CHECKS: { readonly [S in Source]?: Check<S> } = {
  emptyDir: ({ sizeLimit }, path) => {
    if (sizeLimit === undefined) return [];
    const size = Quantity.tryParse(sizeLimit);
    const at = `${path}.sizeLimit`;
    if (size === undefined) return [invalid(at, { value: sizeLimit, detail: QUANTITY_ERROR })];
    if (size.compare(Quantity.zero) >= 0) return [];
    return [forbidden(at, "SizeLimit field must be a valid resource quantity")];
  },
  hostPath: ({ path: host, type = "" }, path) => {
    if (!host) return [required(`${path}.path`)];
    const errors = noBacksteps(host, `${path}.path`);
    const supported: readonly string[] = HOST_PATH_TYPES;
    if (!supported.includes(type))
      errors.push(notSupported(`${path}.type`, { value: type, supported }));
    return errors;
  },
  secret: ({ secretName, defaultMode, items }, path) => [
    ...(secretName ? [] : [required(`${path}.secretName`)]),
    ...validateFiles({ defaultMode, items }, path),
  ],
  configMap: ({ name, defaultMode, items }, path) => [
    ...(name ? [] : [required(`${path}.name`)]),
    ...validateFiles({ defaultMode, items }, path),
  ],
  downwardAPI: ({ defaultMode, items }, path) => [
    ...validateMode(defaultMode, `${path}.defaultMode`),
    ...each(items, path, validateDownwardFile),
  ],
  projected: ({ defaultMode, sources }, path) => [
    ...validateMode(defaultMode, `${path}.defaultMode`),
    ...each(sources, `${path}.sources`, validateProjection),
  ],
  persistentVolumeClaim: ({ claimName }, path) =>
    claimName ? [] : [required(`${path}.claimName`)],
  nfs: ({ server, path: exported }, path) => {
    const errors: FieldError[] = server ? [] : [required(`${path}.server`)];
    if (!exported) errors.push(required(`${path}.path`));
    else if (!exported.startsWith("/")) {
      errors.push(invalid(`${path}.path`, { value: exported, detail: "must be an absolute path" }));
    }
    return errors;
  },
  csi: ({ driver }, path) => {
    if (!driver) return [required(`${path}.driver`)];
    const details = dns1123Subdomain(driver.toLowerCase());
    return invalidAll(`${path}.driver`, { value: driver, details });
  },
  ephemeral: ({ volumeClaimTemplate }, path) =>
    volumeClaimTemplate ? [] : [required(`${path}.volumeClaimTemplate`)],
};

function checkSource(sources: Omit<Volume, "name">, path: string): FieldError[] {
  const check = <S extends Source>(name: S): FieldError[] => {
    const source = sources[name];
    const rule: Check<S> | undefined = CHECKS[name];
    return source && rule ? rule(source, `${path}.${name}`) : [];
  };
  return [
    ...check("emptyDir"),
    ...check("hostPath"),
    ...check("secret"),
    ...check("nfs"),
    ...check("persistentVolumeClaim"),
    ...check("downwardAPI"),
    ...check("configMap"),
    ...check("projected"),
    ...check("csi"),
    ...check("ephemeral"),
  ];
}

/** A path that stays below where it starts. */
export function validateDescendingPath(value: string, path: string): FieldError[] {
  const errors = value.startsWith("/")
    ? [invalid(path, { value, detail: "must be a relative path" })]
    : [];
  return [...errors, ...noBacksteps(value, path)];
}

function noBacksteps(value: string, path: string): FieldError[] {
  if (!value.split("/").includes("..")) return [];
  return [invalid(path, { value, detail: "must not contain '..'" })];
}

function validateMode(mode: number | undefined, path: string): FieldError[] {
  if (mode === undefined || (mode >= 0 && mode <= MAX_FILE_MODE)) return [];
  return [invalid(path, { value: mode, detail: FILE_MODE_ERROR })];
}

interface Files {
  readonly defaultMode?: number | undefined;
  readonly items?: readonly KeyToPath[] | undefined;
}

function validateFiles({ defaultMode, items }: Files, path: string): FieldError[] {
  return [
    ...validateMode(defaultMode, `${path}.defaultMode`),
    ...each(items, `${path}.items`, validateKeyToPath),
  ];
}

function validateKeyToPath({ key, path: file, mode }: KeyToPath, path: string): FieldError[] {
  return [
    ...(key
      ? invalidAll(`${path}.key`, { value: key, details: configKey(key) })
      : [required(`${path}.key`)]),
    ...validateFilePath(file, `${path}.path`),
    ...validateMode(mode, `${path}.mode`),
  ];
}

function validateFilePath(file: string, path: string): FieldError[] {
  if (!file) return [required(path)];
  const errors = validateDescendingPath(file, path);
  if (errors.length > 0 || !file.startsWith("..")) return errors;
  return [invalid(path, { value: file, detail: "must not start with '..'" })];
}

function validateDownwardFile(file: DownwardFile, path: string): FieldError[] {
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
    errors.push(required(`${path}.fieldRef`, "one of fieldRef and resourceFieldRef is required"));
  }
  return [...errors, ...validateMode(mode, `${path}.mode`)];
}

function validateProjection(projection: Projection, path: string): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken } = projection;
  const errors: FieldError[] = [];
  for (const [kind, source] of [
    ["secret", secret],
    ["configMap", configMap],
  ] as const) {
    if (source === undefined) continue;
    if (!source.name) errors.push(required(`${path}.${kind}.name`));
    errors.push(...each(source.items, `${path}.${kind}.items`, validateKeyToPath));
  }
  errors.push(...each(downwardAPI?.items, `${path}.downwardAPI`, validateDownwardFile));
  if (serviceAccountToken) {
    errors.push(...validateToken(serviceAccountToken, `${path}.serviceAccountToken`));
  }
  const [, ...others] = Object.entries(projection).filter(([, source]) => source !== undefined);
  for (const [other] of others) {
    errors.push(forbidden(`${path}.${other}`, "may not specify more than 1 volume type"));
  }
  return errors;
}

function validateToken({ expirationSeconds, path: file }: Token, path: string): FieldError[] {
  const value = expirationSeconds ?? 0;
  const errors: FieldError[] = [];
  if (value < TOKEN_MIN_SECONDS) {
    const detail = "may not specify a duration less than 10 minutes";
    errors.push(invalid(`${path}.expirationSeconds`, { value, detail }));
  }
  if (value > TOKEN_MAX_SECONDS) {
    const detail = "may not specify a duration larger than 2^32 seconds";
    errors.push(invalid(`${path}.expirationSeconds`, { value, detail }));
  }
  if (!file) return [...errors, required(`${path}.path`)];
  return [...errors, ...validateDescendingPath(file, `${path}.path`)];
}
