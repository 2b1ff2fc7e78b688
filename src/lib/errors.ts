/** Any thrown value as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** The message of an error followed by those of its causes: `Cannot pull x: connection refused`. */
export function explain(thrown: unknown): string {
  const parts: string[] = [];
  for (let error: unknown = thrown; error !== undefined; ) {
    const { message, cause } = asError(error);
    if (!parts.some((part) => part.includes(message))) parts.push(message);
    error = error instanceof Error ? cause : undefined;
  }
  return parts.join(": ");
}

/**
 * A failure that the person at the terminal can mend: shown as one line, without a stack.
 * `exitCode` follows sysexits.h: 64 usage or configuration, 1 all else.
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly exitCode: number;

  constructor(message: string, options: ErrorOptions & { exitCode?: number } = {}) {
    super(message, options);
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The value, or an Error that says what was expected. */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new TypeError(`Expected ${what}`);
  return value;
}

/** Marks a branch that the types rule out. */
export function assertNever(value: never, what: string): never {
  throw new TypeError(`Unexpected ${what}: ${JSON.stringify(value)}`);
}

/** The code of a system error (`ENOENT`, `EADDRINUSE`, …), if it has one. */
export function errorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** What the system says of a disk or a right that a person can mend. */
const MENDABLE: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM"]);

/**
 * The failure that the person at the terminal can mend, where one is behind `error`; `doing` says
 * what was tried (`Cannot start`).
 */
export function mendable(error: unknown, doing: string): UserError | undefined {
  for (let next = error; next instanceof Error; next = next.cause) {
    if (next instanceof UserError) return next;
    if (MENDABLE.has(errorCode(next) ?? "")) {
      return new UserError(`${doing}: ${explain(next)}`, { cause: error });
    }
  }
  return undefined;
}
