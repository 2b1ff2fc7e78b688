import { respondBytes } from "./respond.ts";

/** A body that changes only with the binary: made at its first use, served by ETag from then on. */
export class Document {
  readonly #make: () => Uint8Array<ArrayBuffer>;
  readonly #contentType: string;
  #made: { readonly bytes: Uint8Array<ArrayBuffer>; readonly hash: string } | undefined;

  constructor(contentType: string, make: () => Uint8Array<ArrayBuffer>) {
    this.#contentType = contentType;
    this.#make = make;
  }

  /** A document of JSON. */
  static json(make: () => unknown, contentType = "application/json"): Document {
    return new Document(contentType, () => new TextEncoder().encode(JSON.stringify(make())));
  }

  /** SHA-512 of the bytes, upper-case hex. */
  get hash(): string {
    return this.#get().hash;
  }

  /** The document, or 304 for a client that has it. */
  answer(request: Request, headers: Readonly<Record<string, string>> = {}): Response {
    const { bytes, hash } = this.#get();
    const tag = `"${hash}"`;
    const known = (request.headers.get("if-none-match") ?? "").split(",");
    const response = known.some((one) => one.trim() === tag)
      ? new Response(null, { status: 304 })
      : respondBytes(request, bytes, { contentType: this.#contentType });
    response.headers.set("ETag", tag);
    response.headers.set("Vary", "Accept, Accept-Encoding");
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response;
  }

  #get(): { readonly bytes: Uint8Array<ArrayBuffer>; readonly hash: string } {
    if (this.#made === undefined) {
      const bytes = this.#make();
      const hash = new Bun.CryptoHasher("sha512").update(bytes).digest("hex").toUpperCase();
      this.#made = { bytes, hash };
    }
    return this.#made;
  }
}
