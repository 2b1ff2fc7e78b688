/** Why an image could not be had, kept or given: one clear reason. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}
