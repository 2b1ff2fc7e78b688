import { createHash, createPublicKey, type KeyObject, sign, verify } from "node:crypto";

type Algorithm = "ES256" | "RS256";

/** A public key that tokens are recognised by. */
export interface VerifyingKey {
  /** Base64url of the SHA-256 of its DER form, as Kubernetes names its keys. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly publicKey: KeyObject;
}

/** A private key that tokens are signed with. */
export interface SigningKey extends VerifyingKey {
  readonly privateKey: KeyObject;
}

/** The claims of a token, as JSON; nothing about them was checked but the signature. */
export type Claims = Readonly<Record<string, unknown>>;

/** @throws TypeError for a key that is neither RSA nor on the curve P-256. */
export function verifyingKey(publicKey: KeyObject): VerifyingKey {
  const der = publicKey.export({ format: "der", type: "spki" });
  const id = createHash("sha256").update(der).digest("base64url");
  return { id, algorithm: algorithmOf(publicKey), publicKey };
}

/** See `verifyingKey`. */
export function signingKey(privateKey: KeyObject): SigningKey {
  return { ...verifyingKey(createPublicKey(privateKey)), privateKey };
}

/** A signed token in compact form (RFC 7515). */
export function signJwt(claims: Claims, { id, algorithm, privateKey }: SigningKey): string {
  const signed = `${encoded({ alg: algorithm, kid: id })}.${encoded(claims)}`;
  const signature = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: ENCODING });
  return `${signed}.${signature.toString("base64url")}`;
}

/** The claims of a token that one of the keys signed; the key alone decides about the algorithm. */
export function verifyJwt(token: string, keys: readonly VerifyingKey[]): Claims | undefined {
  const [head = "", body = "", mark = "", ...more] = token.split(".");
  const header = more.length === 0 ? decoded(head) : undefined;
  if (header === undefined) return undefined;
  const { alg, kid } = header;
  const data = Buffer.from(`${head}.${body}`);
  const signature = Buffer.from(mark, "base64url");
  const signer = keys
    .filter(({ id, algorithm }) => alg === algorithm && (kid === undefined || kid === id))
    .find(({ publicKey }) =>
      verify("sha256", data, { key: publicKey, dsaEncoding: ENCODING }, signature),
    );
  return signer && decoded(body);
}

/** The claims that a token says it has, whoever signed it. */
export function unverifiedClaims(token: string): Claims | undefined {
  return decoded(token.split(".")[1] ?? "");
}

/** The two numbers of an ECDSA signature, as JWS wants them; RSA does not care. */
const ENCODING = "ieee-p1363";

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): Algorithm {
  if (asymmetricKeyType === "rsa") return "RS256";
  if (asymmetricKeyType === "ec" && asymmetricKeyDetails?.namedCurve === "prime256v1") {
    return "ES256";
  }
  throw new TypeError(`it is ${asymmetricKeyType}, neither RSA nor on the curve P-256`);
}

function encoded(value: Claims): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decoded(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString());
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
