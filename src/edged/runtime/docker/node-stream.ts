import { Duplex, Readable } from "node:stream";

/** What dockerode answers, as the stream that it is: its types say less than its code does. */
export function readable(stream: unknown): Readable {
  if (stream instanceof Readable) return stream;
  throw new TypeError("Expected a readable stream from the engine");
}

/** A connection that carries bytes both ways. */
export function duplex(stream: unknown): Duplex {
  if (stream instanceof Duplex) return stream;
  throw new TypeError("Expected a connection from the engine");
}
