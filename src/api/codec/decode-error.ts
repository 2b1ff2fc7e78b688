/** Bytes or values that cannot be read as what they should be; the message is Kubernetes' own. */
export class DecodeError extends Error {
  override readonly name: string = "DecodeError";
}

/** A whole number that JavaScript cannot hold exactly. It is refused, never rounded. */
export function inexactNumber(literal: string): DecodeError {
  return new DecodeError(`number ${literal} is beyond 2^53 and cannot be kept exactly`);
}
