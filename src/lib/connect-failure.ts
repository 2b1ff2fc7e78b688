import { errorCode, explain } from "./errors.ts";

/** Where somebody tried to connect to. */
interface Place {
  readonly host: string;
  readonly port: number;
}

const UNVERIFIED = "tls: failed to verify certificate: x509:";

/** Why a server could not be reached or not be trusted, in the words that Go's client has for it. */
export function connectFailure(error: unknown, { host, port }: Place): string {
  const place = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  switch (errorCode(error) ?? "") {
    case "ECONNREFUSED":
    case "ConnectionRefused":
      return `dial tcp ${place}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `dial tcp ${place}: connect: no route to host`;
    case "ENETUNREACH":
      return `dial tcp ${place}: connect: network is unreachable`;
    case "ETIMEDOUT":
      return `dial tcp ${place}: i/o timeout`;
    case "ENOTFOUND":
      return `dial tcp: lookup ${host}: no such host`;
    case "EAI_AGAIN":
      return `dial tcp: lookup ${host}: Temporary failure in name resolution`;
    case "ECONNRESET":
    case "ConnectionClosed":
      return "EOF";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${UNVERIFIED} certificate is not valid for ${host}`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
      return `${UNVERIFIED} certificate signed by unknown authority`;
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return `${UNVERIFIED} certificate has expired or is not yet valid`;
    default:
      return explain(error);
  }
}
