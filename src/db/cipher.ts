import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM for rows that hold secrets. `place` (the row's key) is authenticated too, so that a
 * row moved elsewhere does not open.
 */
export class RowCipher {
  readonly #key: Uint8Array;

  constructor(key: Uint8Array) {
    if (key.length !== KEY_BYTES) {
      throw new RangeError(
        `Cannot encrypt as the key must have ${KEY_BYTES} bytes: it has ${key.length}`,
      );
    }
    this.#key = key;
  }

  /** Nonce, tag, ciphertext. */
  seal(place: string, plain: Uint8Array): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws when the key is another one or the row was changed. */
  open(place: string, row: Uint8Array): Buffer {
    const nonce = row.subarray(0, NONCE_BYTES);
    const tag = row.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
    const decipher = createDecipheriv("aes-256-gcm", this.#key, nonce)
      .setAAD(Buffer.from(place))
      .setAuthTag(tag);
    const sealed = row.subarray(NONCE_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(sealed), decipher.final()]);
  }
}
