import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { errorCode, explain } from "#lib/errors.ts";
import { ImageError } from "../image-error.ts";
import {
  type HostConfig,
  type HostTls,
  type Mirror,
  NO_REGISTRIES,
  type Registries,
  registryKey,
} from "./registries.ts";

/**
 * Reads a registries.yaml and the certificates that it names; without a file there are none.
 * @throws {ImageError} that says where the mistake is.
 */
export function readRegistries(path: string): Registries {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT" || errorCode(error) === "ENOTDIR") return NO_REGISTRIES;
    throw new ImageError(`Cannot read ${path}: ${explain(error)}`, { cause: error });
  }
  try {
    return registriesOf(new Shape("", parse(text) ?? {}));
  } catch (error) {
    // The reader of YAML shows the place in lines of their own: its first one says where it is.
    const [reason = ""] = explain(error).split(/:?\n/);
    throw new ImageError(`Cannot use ${path}: ${reason}`, { cause: new Error(reason) });
  }
}

function registriesOf(file: Shape): Registries {
  file.only(["mirrors", "configs"]);
  const mirrors = file.entries("mirrors").map(([name, value]): [string, Mirror] => {
    value.only(["endpoint", "rewrite"]);
    const rewrites = value.entries("rewrite").map(([pattern, replacement]) => ({
      pattern: replacement.pattern(pattern),
      replacement: replacement.text(),
    }));
    return [registryKey(name), { endpoints: value.texts("endpoint").map(endpointOf), rewrites }];
  });
  const configs = file.entries("configs").map(([name, value]): [string, HostConfig] => {
    value.only(["auth", "tls"]);
    const auth = value.child("auth");
    const tls = value.child("tls");
    return [
      registryKey(name),
      { ...(auth && { auth: authOf(auth) }), ...(tls && { tls: tlsOf(tls) }) },
    ];
  });
  return { mirrors: new Map(mirrors), configs: new Map(configs) };
}

/** `host:5000`, `https://host/path` */
function endpointOf(text: string): string {
  const url = text.includes("://") ? text : `https://${text}`;
  if (!/^https?:$/.test(new URL(url).protocol))
    throw new Error(`endpoint "${text}" is no HTTP address`);
  return url;
}

function authOf(auth: Shape): NonNullable<HostConfig["auth"]> {
  auth.only(["username", "password", "auth", "identity_token"]);
  const [username, password] = [auth.optional("username"), auth.optional("password")];
  const [encoded, identityToken] = [auth.optional("auth"), auth.optional("identity_token")];
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(encoded !== undefined && { auth: encoded }),
    ...(identityToken !== undefined && { identityToken }),
  };
}

function tlsOf(tls: Shape): HostTls {
  tls.only(["ca_file", "cert_file", "key_file", "insecure_skip_verify"]);
  const pem = (name: string): string | undefined => {
    const path = tls.optional(name);
    return path === undefined || path === "" ? undefined : readFileSync(path, "utf8");
  };
  const [ca, cert, key] = [pem("ca_file"), pem("cert_file"), pem("key_file")];
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    isUnverified: tls.flag("insecure_skip_verify"),
  };
}

/** A value of the file, and where it stands. */
class Shape {
  readonly #path: string;
  readonly #value: unknown;

  constructor(path: string, value: unknown) {
    this.#path = path;
    this.#value = value;
  }

  only(names: readonly string[]): void {
    const strange = Object.keys(this.#record()).find((name) => !names.includes(name));
    if (strange !== undefined) throw new Error(`${this.#at(strange)} is unknown`);
  }

  entries(name: string): [string, Shape][] {
    const child = this.child(name);
    if (!child) return [];
    return Object.entries(child.#record()).map(([key, value]) => [
      key,
      new Shape(`${child.#path}.${key}`, value),
    ]);
  }

  child(name: string): Shape | undefined {
    const value = this.#record()[name];
    return value === undefined || value === null ? undefined : new Shape(this.#at(name), value);
  }

  text(): string {
    if (typeof this.#value === "string") return this.#value;
    throw new Error(`${this.#path} must be a text`);
  }

  /** The key that leads here, as a regular expression. */
  pattern(key: string): RegExp {
    try {
      return new RegExp(key);
    } catch (error) {
      throw new Error(`${this.#path} is no regular expression`, { cause: error });
    }
  }

  optional(name: string): string | undefined {
    return this.child(name)?.text();
  }

  texts(name: string): string[] {
    const child = this.child(name);
    if (!child) return [];
    const value = child.#value;
    if (!Array.isArray(value)) throw new Error(`${child.#path} must be a list`);
    return value.map((one, index) => new Shape(`${child.#path}[${index}]`, one).text());
  }

  flag(name: string): boolean {
    const value = this.#record()[name] ?? false;
    if (typeof value === "boolean") return value;
    throw new Error(`${this.#at(name)} must be true or false`);
  }

  #record(): Readonly<Record<string, unknown>> {
    const value = this.#value;
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
    throw new Error(`${this.#path || "it"} must be a mapping`);
  }

  #at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }
}
