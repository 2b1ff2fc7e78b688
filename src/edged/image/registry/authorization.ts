import { errorCode, explain } from "#lib/errors.ts";
import { trustIn } from "#lib/x509/trust.ts";
import type { RegistryCredentials } from "../../runtime/types.ts";
import { ImageError } from "../image-error.ts";
import type { HostTls } from "./registries.ts";

const TOKEN_MS = 30_000;

/** What a registry asks for in `WWW-Authenticate`. */
export interface Challenge {
  readonly scheme: "basic" | "bearer";
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads the challenge that can be met, a token's before a password's (RFC 7235, RFC 6750). */
export function parseChallenge(header: string | null): Challenge | undefined {
  for (const scheme of ["bearer", "basic"] as const) {
    const at = new RegExp(`(?:^|,)\\s*${scheme}(?:\\s+|$)`, "i").exec(header ?? "");
    if (!at) continue;
    const rest = (header ?? "").slice(at.index + at[0].length);
    const parameters = new Map<string, string>();
    for (const [, name = "", quoted, plain = ""] of rest.matchAll(
      /([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g,
    )) {
      parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, "$1") ?? plain);
    }
    return { scheme, parameters };
  }
  return undefined;
}

/** User and password, however they were written down. */
export function userOf(
  credentials: RegistryCredentials | undefined,
): { readonly username: string; readonly password: string } | undefined {
  if (credentials?.auth !== undefined && credentials.auth !== "") {
    const [username = "", ...password] = Buffer.from(credentials.auth, "base64")
      .toString()
      .split(":");
    return { username, password: password.join(":") };
  }
  const { username, password = "" } = credentials ?? {};
  return username === undefined || username === "" ? undefined : { username, password };
}

export interface TokenRequest {
  readonly challenge: Challenge;
  readonly credentials: RegistryCredentials | undefined;
  readonly repository: string;
  /** For a token server on the registry's own host. */
  readonly tls?: HostTls;
  readonly registryUrl: string;
}

/** The value of `Authorization` that meets a challenge; undefined when there is nothing to meet it with. */
export async function authorize(
  request: TokenRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { challenge, credentials } = request;
  const user = userOf(credentials);
  const basic =
    user && `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;
  if (challenge.scheme === "basic") return basic;
  return `Bearer ${await fetchToken(request, basic, signal)}`;
}

/** Docker's token protocol, and OAuth2's where there is an identity token (distribution/spec, auth). */
async function fetchToken(
  request: TokenRequest,
  basic: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const { challenge, tls, registryUrl } = request;
  const realm = realmOf(challenge, registryUrl);
  const isOwnHost = realm.host === new URL(registryUrl).host;
  let answer: Response;
  try {
    answer = await fetch(realm, {
      ...tokenForm(request, realm, basic),
      signal: AbortSignal.any([signal, AbortSignal.timeout(TOKEN_MS)]),
      ...(isOwnHost && tls && { tls: fetchTls(tls) }),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ImageError(
      `the token server ${realm.host} does not answer: ${errorCode(error) ?? explain(error)}`,
      { cause: error },
    );
  }
  if (answer.status === 401 || answer.status === 403) {
    await answer.body?.cancel();
    const whom = basic === undefined ? "" : " for this user";
    throw new ImageError(`unauthorized: ${realm.host} gives no token${whom}`);
  }
  if (!answer.ok) throw new ImageError(`the token server ${realm.host} answers ${answer.status}`);
  const token = tokenOf(await answer.text());
  if (token === undefined) throw new ImageError(`the token server ${realm.host} gives no token`);
  return token;
}

/** What is asked, in the address or as a form. */
function tokenForm(
  { challenge, credentials, repository }: TokenRequest,
  realm: URL,
  basic: string | undefined,
): RequestInit {
  const scope = challenge.parameters.get("scope") ?? `repository:${repository}:pull`;
  const service = challenge.parameters.get("service");
  const parameters = new URLSearchParams({ scope, ...(service !== undefined && { service }) });
  const identity = credentials?.identitytoken;
  if (identity !== undefined && identity !== "") {
    parameters.set("grant_type", "refresh_token");
    parameters.set("refresh_token", identity);
    parameters.set("client_id", "edgesite");
    return { method: "POST", body: parameters };
  }
  for (const [name, value] of parameters) realm.searchParams.append(name, value);
  return basic === undefined ? {} : { headers: { authorization: basic } };
}

/** Passwords go where the registry says, but never in the clear where the registry itself is not. */
function realmOf({ parameters }: Challenge, registryUrl: string): URL {
  const text = parameters.get("realm") ?? "";
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new ImageError(`the registry asks for a token from "${text}", which is no address`);
  }
  const realm = new URL(text);
  if (realm.protocol === "http:" && registryUrl.startsWith("https:")) {
    throw new ImageError(`the registry asks for a token over plain HTTP, from ${realm.host}`);
  }
  return realm;
}

function tokenOf(text: string): string | undefined {
  try {
    const { token, access_token: access }: { token?: unknown; access_token?: unknown } =
      JSON.parse(text);
    return [token, access].find((one): one is string => typeof one === "string" && one !== "");
  } catch {
    return undefined;
  }
}

/** A host's TLS settings as `fetch` wants them. */
export function fetchTls({ ca, cert, key, isUnverified }: HostTls): BunFetchRequestInitTLS {
  return {
    ...(ca !== undefined && trustIn(ca)),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(isUnverified && { rejectUnauthorized: false }),
  };
}
