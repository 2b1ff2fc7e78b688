import { newTokenKeys } from "#site/apiserver/authentication/token-keys.ts";

/** Issuer and keys of the ServiceAccount tokens of one run of the tests. */
export const TEST_TOKENS = {
  issuer: "https://kubernetes.default.svc.cluster.local",
  keys: newTokenKeys(),
};
