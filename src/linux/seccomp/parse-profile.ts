import { present } from "#lib/present.ts";
import {
  ACTIONS,
  OPERATORS,
  type SeccompArgument,
  type SeccompCondition,
  type SeccompProfile,
  type SeccompRule,
} from "./profile.ts";

/** A seccomp profile that cannot be used. */
export class SeccompProfileError extends Error {
  override readonly name = "SeccompProfileError";
}

/** The fields that are read; what a profile has beyond is refused where it would make it weaker. */
const PROFILE_FIELDS = new Set([
  "defaultAction",
  "defaultErrnoRet",
  "archMap",
  "architectures",
  "syscalls",
]);

const ARGUMENTS = 6;
const ERRNO_MAX = 4095;
const UINT64_MAX = (1n << 64n) - 1n;

/**
 * Reads a profile in Docker's or OCI's JSON.
 * @throws {SeccompProfileError} naming the field that is wrong.
 */
export function parseSeccompProfile(text: string): SeccompProfile {
  const profile = new Field("the profile", parse(text)).fields();
  for (const name of profile.keys()) {
    if (!PROFILE_FIELDS.has(name)) {
      throw new SeccompProfileError(`The field ${name} is not known here`);
    }
  }
  const get = getter(profile, "");
  return {
    defaultAction: get("defaultAction").oneOf(ACTIONS),
    ...present({
      defaultErrnoRet: get("defaultErrnoRet").optional((field) => field.integer(ERRNO_MAX)),
    }),
    archMap: new Map(get("archMap").list().map(readArchitecture)),
    architectures: get("architectures").texts(),
    syscalls: get("syscalls").list().map(readRule),
  };
}

function readArchitecture(field: Field): readonly [string, readonly string[]] {
  const get = getter(field.fields(), field.path);
  return [get("architecture").text(), get("subArchitectures").texts()];
}

function readRule(field: Field): SeccompRule {
  const get = getter(field.fields(), field.path);
  const name = get("name").optional((one) => one.text());
  return {
    names: name === undefined || name === "" ? get("names").texts() : [name],
    action: get("action").oneOf(ACTIONS),
    ...present({ errnoRet: get("errnoRet").optional((one) => one.integer(ERRNO_MAX)) }),
    args: get("args").list().map(readArgument),
    includes: readCondition(get("includes")),
    excludes: readCondition(get("excludes")),
  };
}

function readArgument(field: Field): SeccompArgument {
  const get = getter(field.fields(), field.path);
  return {
    index: get("index").integer(ARGUMENTS - 1),
    op: get("op").oneOf(OPERATORS),
    value: get("value").word(),
    valueTwo: get("valueTwo").optional((one) => one.word()) ?? 0n,
  };
}

function readCondition(field: Field): SeccompCondition {
  const get = getter(field.optional((one) => one.fields()) ?? new Map(), field.path);
  return {
    caps: get("caps").texts(),
    arches: get("arches").texts(),
    ...present({ minKernel: get("minKernel").optional((one) => one.kernel()) }),
  };
}

type Fields = ReadonlyMap<string, unknown>;

function getter(fields: Fields, path: string): (name: string) => Field {
  return (name) => new Field(path === "" ? name : `${path}.${name}`, fields.get(name));
}

/** Integers beyond 2^53 are kept whole, as bigint. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === "number" &&
      !Number.isSafeInteger(value) &&
      /^\d+$/.test(context?.source ?? "")
        ? BigInt(context?.source ?? "")
        : value,
    );
  } catch (error) {
    throw new SeccompProfileError("It is not JSON", { cause: error });
  }
}

/** A value somewhere in a profile. */
class Field {
  readonly path: string;
  readonly #value: unknown;

  constructor(path: string, value: unknown) {
    this.path = path;
    this.#value = value;
  }

  optional<T>(read: (field: Field) => T): T | undefined {
    return this.#absent ? undefined : read(this);
  }

  fields(): Fields {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value))
      this.#fail("an object");
    return new Map(Object.entries(value));
  }

  /** None where it is absent. */
  list(): readonly Field[] {
    if (this.#absent) return [];
    if (!Array.isArray(this.#value)) this.#fail("a list");
    return this.#value.map((item: unknown, index) => new Field(`${this.path}[${index}]`, item));
  }

  text(): string {
    if (typeof this.#value !== "string") this.#fail("a text");
    return this.#value;
  }

  texts(): readonly string[] {
    return this.list().map((field) => field.text());
  }

  oneOf<T extends string>(choices: readonly T[]): T {
    const found = choices.find((choice) => choice === this.#value);
    if (found === undefined) this.#fail(`one of ${choices.join(", ")}`);
    return found;
  }

  integer(max: number): number {
    const value = this.#value;
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > max) {
      this.#fail(`an integer from 0 to ${max}`);
    }
    return value;
  }

  /** 64 bits, unsigned. */
  word(): bigint {
    const value = this.#value;
    const word = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
    if (typeof word !== "bigint" || word < 0n || word > UINT64_MAX) {
      this.#fail("an integer from 0 to 2^64-1");
    }
    return word;
  }

  kernel(): string {
    const text = this.text();
    if (!/^\d{1,3}\.\d{1,3}$/.test(text)) this.#fail("a kernel version such as 4.8");
    return text;
  }

  get #absent(): boolean {
    return this.#value === undefined || this.#value === null;
  }

  #fail(rule: string): never {
    throw new SeccompProfileError(`${this.path} must be ${rule}`);
  }
}
