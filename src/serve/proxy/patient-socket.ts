import { Socket } from "node:net";

/** How long a backend is still listened to that takes no more. */
const LISTEN_MS = 50;

/**
 * A connection to a backend that may answer before it has read the whole request, and hang up: what
 * it said is read before the write that fails for it ends the connection.
 */
export class PatientSocket extends Socket {
  // Several pieces at once come here too, as one.
  override _write(
    bytes: unknown,
    encoding: NodeJS.BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    super._write(bytes, encoding, (error) => {
      if (error) setTimeout(done, LISTEN_MS, error);
      else done();
    });
  }
}
