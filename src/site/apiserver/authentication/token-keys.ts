import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "#lib/atomic-file.ts";
import { errorCode, explain, UserError } from "#lib/errors.ts";
import { generateKey } from "#lib/x509/certificate.ts";
import { type SigningKey, signingKey, type VerifyingKey, verifyingKey } from "./jwt.ts";

/** The keys of ServiceAccount tokens. */
export interface TokenKeys {
  readonly signing: SigningKey;
  /** Tokens that one of these signed are ours: the signing key's own, and those before it. */
  readonly accepted: readonly VerifyingKey[];
}

const PRIVATE = "service-account.key";
const PUBLIC = "service-account.pub";
const MODE = 0o600;
const PEM = /-----BEGIN PUBLIC KEY-----[^-]+-----END PUBLIC KEY-----/g;

/** Keys that were made just now and are kept nowhere. */
export function newTokenKeys(): TokenKeys {
  const signing = signingKey(createPrivateKey(generateKey()));
  return { signing, accepted: [signing] };
}

/**
 * Loads the keys from the site's `pki/`, and makes what is missing. `service-account.key` signs, and
 * `service-account.pub` lists every key that tokens are accepted from. To rotate, remove the first
 * and start again: a new one joins the list, and tokens of the old one go on until it is taken from
 * the list.
 * @throws {UserError} when one of them is damaged: tokens would end without a word.
 */
export function loadTokenKeys(directory: string): TokenKeys {
  const text = read(directory, PRIVATE) ?? write(directory, PRIVATE, generateKey());
  const signing = parsed(join(directory, PRIVATE), () => signingKey(createPrivateKey(text)));
  const known = read(directory, PUBLIC) ?? "";
  const accepted = parsed(join(directory, PUBLIC), () =>
    (known.match(PEM) ?? []).map((pem) => verifyingKey(createPublicKey(pem))),
  );
  if (accepted.some(({ id }) => id === signing.id)) return { signing, accepted };
  write(directory, PUBLIC, `${pemOf(signing.publicKey)}${known}`);
  return { signing, accepted: [signing, ...accepted] };
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new UserError(
      `Cannot use ${path}: ${explain(cause)}. Restore it from a backup, or remove it: tokens that it vouched for end then`,
      { cause },
    );
  }
}

function pemOf(key: KeyObject): string {
  return key.export({ format: "pem", type: "spki" }).toString();
}

function read(directory: string, name: string): string | undefined {
  const path = join(directory, name);
  try {
    chmodSync(path, MODE);
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

function write(directory: string, name: string, text: string): string {
  writeFileAtomically(join(directory, name), { text, mode: MODE });
  return text;
}
