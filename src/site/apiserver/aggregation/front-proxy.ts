import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigMap } from "#api/object.ts";
import { CONFIG_MAPS } from "#api/resources.ts";
import type { Verbs } from "#api/verbs.ts";
import { writeFileAtomically } from "#lib/atomic-file.ts";
import {
  createAuthority,
  generateKey,
  isKeyOf,
  issueLeaf,
  NO_EXPIRY,
} from "#lib/x509/certificate.ts";
import { ensure } from "../ensure.ts";

/** By what other API servers know this one, and so believe whom it speaks for; texts are PEM. */
export interface FrontProxy {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

const NAMESPACE = "kube-system";
const NAME = "extension-apiserver-authentication";
const CLIENT = "front-proxy-client";
const MODE = 0o600;
const validity = { notBefore: new Date(0), notAfter: NO_EXPIRY };

/** Keys that were made just now and are kept nowhere. */
export function newFrontProxy(): FrontProxy {
  return issue(newAuthority());
}

/**
 * Loads the authority of the front proxy from the site's `pki/`, or makes it where it is missing or
 * damaged: nobody depends on it for longer than it takes to read the ConfigMap anew. What it
 * vouches for is issued at every start.
 */
export function loadFrontProxy(directory: string): FrontProxy {
  const known = read(directory);
  if (known) return issue(known);
  const made = newAuthority();
  const write = (name: string, text: string): void =>
    writeFileAtomically(join(directory, name), { text, mode: MODE });
  write("front-proxy-ca.key", made.key);
  write("front-proxy-ca.crt", made.certificate);
  return issue(made);
}

interface Believed {
  readonly frontProxy: Pick<FrontProxy, "ca">;
  /** PEM of who issues client certificates. */
  readonly clientCa: string;
}

/** Keeps what tells other API servers whom to believe; what else somebody put there stays. */
export async function keepAuthenticationConfig(verbs: Verbs, believed: Believed): Promise<void> {
  const wanted = authenticationConfig(believed);
  if (await ensure(verbs, CONFIG_MAPS, wanted)) return;
  const target = { resource: CONFIG_MAPS, namespace: NAMESPACE, name: NAME };
  const { value } = await verbs.get(target);
  const data = { ...value.data, ...wanted.data };
  const next: ConfigMap = { ...value, data };
  if (!Bun.deepEquals(data, value.data)) await verbs.update(target, next);
}

function authenticationConfig({ frontProxy, clientCa }: Believed): ConfigMap {
  const list = (...items: readonly string[]): string => JSON.stringify(items);
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: NAME, namespace: NAMESPACE },
    data: {
      "client-ca-file": clientCa,
      "requestheader-allowed-names": list(CLIENT),
      "requestheader-client-ca-file": frontProxy.ca,
      "requestheader-extra-headers-prefix": list("X-Remote-Extra-"),
      "requestheader-group-headers": list("X-Remote-Group"),
      "requestheader-uid-headers": list("X-Remote-Uid"),
      "requestheader-username-headers": list("X-Remote-User"),
    },
  };
}

interface Authority {
  readonly certificate: string;
  readonly key: string;
}

function newAuthority(): Authority {
  const key = generateKey();
  const certificate = createAuthority({
    subject: { commonName: "edgesite-front-proxy-ca" },
    privateKey: createPrivateKey(key),
    validity,
  });
  return { certificate, key };
}

function read(directory: string): Authority | undefined {
  const path = (name: string): string => join(directory, name);
  const files = [path("front-proxy-ca.crt"), path("front-proxy-ca.key")];
  if (!files.every((file) => existsSync(file))) return undefined;
  const [certificate = "", key = ""] = files.map((file) => readFileSync(file, "utf8"));
  try {
    return isKeyOf(key, new X509Certificate(certificate)) ? { certificate, key } : undefined;
  } catch {
    return undefined;
  }
}

function issue({ certificate, key }: Authority): FrontProxy {
  const own = generateKey();
  const leaf = issueLeaf({
    subject: { commonName: CLIENT },
    publicKey: createPublicKey(own),
    issuer: { certificate: new X509Certificate(certificate), privateKey: createPrivateKey(key) },
    validity,
    usages: ["client"],
    hosts: [],
  });
  return { ca: certificate, certificate: leaf, key: own };
}
