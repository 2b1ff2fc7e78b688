import type { Documents } from "#serve/api-options.ts";
import type { TokenKeys } from "./token-keys.ts";

interface Issuer {
  readonly issuer: string;
  readonly keys: TokenKeys;
  /** Where the API is reached: the base of the URL of the keys. */
  readonly server: string;
}

const KEYS_PATH = "/openid/v1/jwks";

/** How others check our tokens without asking us: OpenID Connect discovery and the public keys. */
export function issuerDocuments({ issuer, keys, server }: Issuer): Documents {
  const algorithms = new Set(keys.accepted.map(({ algorithm }) => algorithm));
  const configuration = {
    issuer,
    jwks_uri: server + KEYS_PATH,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [...algorithms].sort(),
  };
  const published = keys.accepted.map(({ id, algorithm, publicKey }) => ({
    use: "sig",
    ...publicKey.export({ format: "jwk" }),
    kid: id,
    alg: algorithm,
  }));
  return {
    "/.well-known/openid-configuration": {
      type: "application/json",
      text: JSON.stringify(configuration),
    },
    [KEYS_PATH]: { type: "application/jwk-set+json", text: JSON.stringify({ keys: published }) },
  };
}
