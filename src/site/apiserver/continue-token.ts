import { badRequest } from "#api/status.ts";

/** Where the next page of a list begins, in the form that Kubernetes gives to its clients. */
export interface ContinueToken {
  /** The snapshot that is being read; -1 for "whatever is there now". */
  readonly resourceVersion: number;
  /** The last key that was sent, `namespace/name`: the page begins after it. */
  readonly after: string;
}

const INVALID = "continue key is not valid";

export function encodeContinue({ resourceVersion, after }: ContinueToken): string {
  const json = JSON.stringify({ v: "meta.k8s.io/v1", rv: resourceVersion, start: `${after}\0` });
  return Buffer.from(json).toString("base64url");
}

/** @throws StatusError 400 for what `encodeContinue` did not make. */
export function decodeContinue(token: string): ContinueToken {
  const { v, rv, start } = parse(token);
  if (v !== "meta.k8s.io/v1") {
    throw badRequest(
      `invalid continue token: server does not recognize this encoded version "${String(v)}"`,
    );
  }
  const isVersion = typeof rv === "number" && Number.isSafeInteger(rv) && (rv > 0 || rv === -1);
  if (!isVersion || typeof start !== "string" || !start.endsWith("\0")) {
    throw badRequest(`invalid continue token: ${INVALID}`);
  }
  return { resourceVersion: rv, after: start.slice(0, -1) };
}

function parse(token: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // Said below, as for all else that is no token.
  }
  throw badRequest(`invalid continue token: ${INVALID}`);
}
