import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Keys of the rows that hold secrets, 32 bytes each. */
export interface SecretKeys {
  /** Seals, and opens. Absent: rows that hold secrets stay shut. */
  readonly key?: Uint8Array;
  /** Opens what was sealed before a rotation that is not finished. */
  readonly previousKey?: Uint8Array;
}

/**
 * AES-256-GCM for rows that hold secrets. `place` (the row's key) is authenticated too, so that a
 * row moved elsewhere does not open.
 */
export class RowCipher {
  /** The newest first. */
  readonly #keys: readonly Uint8Array[];

  constructor({ key, previousKey }: SecretKeys) {
    this.#keys = [key, previousKey].flatMap((one) => one ?? []);
    const wrong = this.#keys.find(({ length }) => length !== KEY_BYTES);
    if (wrong) {
      throw new RangeError(
        `Cannot encrypt as the key must have ${KEY_BYTES} bytes: it has ${wrong.length}`,
      );
    }
  }

  /** False: every row that holds secrets stays shut. */
  get hasKey(): boolean {
    return this.#keys.length > 0;
  }

  /** Nonce, tag, ciphertext; by the newest key. */
  seal(place: string, plain: Uint8Array): Buffer {
    const [key] = this.#keys;
    if (!key) throw new TypeError(`Cannot encrypt ${place} without a key`);
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(place));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws when the key is another one or the row was changed. */
  open(place: string, row: Uint8Array): Buffer {
    return this.#open(place, row).plain;
  }

  /** The row under the newest key; undefined where it is already. @throws as `open` does. */
  reseal(place: string, row: Uint8Array): Buffer | undefined {
    const { plain, age } = this.#open(place, row);
    return age === 0 ? undefined : this.seal(place, plain);
  }

  #open(place: string, row: Uint8Array): { readonly plain: Buffer; readonly age: number } {
    let refusal: unknown = new TypeError(`Cannot decrypt ${place} without a key`);
    for (const [age, key] of this.#keys.entries()) {
      try {
        return { plain: decrypt(key, place, row), age };
      } catch (error) {
        refusal = error;
      }
    }
    throw refusal;
  }
}

function decrypt(key: Uint8Array, place: string, row: Uint8Array): Buffer {
  const nonce = row.subarray(0, NONCE_BYTES);
  const tag = row.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(place))
    .setAuthTag(tag);
  const sealed = row.subarray(NONCE_BYTES + TAG_BYTES);
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}
