import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Secret } from "../object.ts";

const PEM = /-----BEGIN [^-]+-----[\s\S]+?-----END [^-]+-----/;

/** What Go says of a certificate and its key that do not make a pair; undefined where they do. */
function whyNoPair({ data = {} }: Secret): string | undefined {
  const [certificate, key] = ["tls.crt", "tls.key"].map((name) =>
    Buffer.from(data[name] ?? "", "base64").toString(),
  );
  if (!PEM.test(certificate ?? "")) return "failed to find any PEM data in certificate input";
  if (!PEM.test(key ?? "")) return "failed to find any PEM data in key input";
  try {
    const isPair = new X509Certificate(certificate ?? "").checkPrivateKey(
      createPrivateKey(key ?? ""),
    );
    return isPair ? undefined : "private key does not match public key";
  } catch {
    // what the parser says may quote the key
    return "failed to parse certificate or private key";
  }
}

/** A Secret of type `kubernetes.io/tls` need not work, but somebody will want it to. */
export function warnOfSecret(secret: Secret): string[] {
  if (secret.type !== "kubernetes.io/tls") return [];
  const why = whyNoPair(secret);
  return why === undefined ? [] : [`tls: ${why}`];
}
