/** Bytes or values that cannot be read as what they should be; the message is Kubernetes' own. */
export class DecodeError extends Error {
  override readonly name: string = "DecodeError";
}
