/** The bytes are no tar archive, or a damaged one. */
export class TarError extends Error {
  override readonly name = "TarError";
}
