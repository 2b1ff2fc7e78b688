import { ImageError } from "./image-error.ts";

/** `sha256:` and 64 digits: the name of bytes. */
export type Digest = string;

const SHA256 = /^sha256:[0-9a-f]{64}$/;

/** @throws {ImageError} for anything but a SHA-256, the only one that registries use. */
export function checkDigest(text: string, whose: string): Digest {
  if (SHA256.test(text)) return text;
  throw new ImageError(`${whose} has the digest "${text.slice(0, 80)}", which is no sha256`);
}

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${new Bun.CryptoHasher("sha256").update(bytes).digest("hex")}`;
}

/** The digits without the algorithm. */
export function hexOf(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** The first digits, for people. */
export function shortDigest(digest: Digest): string {
  return hexOf(digest).slice(0, 12);
}

/** Adds bytes up to their digest. */
export class Digester {
  readonly #hasher = new Bun.CryptoHasher("sha256");
  bytes = 0;

  update(bytes: Uint8Array): void {
    this.#hasher.update(bytes);
    this.bytes += bytes.length;
  }

  digest(): Digest {
    return `sha256:${this.#hasher.digest("hex")}`;
  }
}
