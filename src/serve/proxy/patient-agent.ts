import { Agent } from "node:http";
import { type NetConnectOpts, Socket } from "node:net";

/** How long a backend is still listened to that takes no more. */
const LISTEN_MS = 50;

/**
 * Connects for one request to a backend that may answer before it has read all of it, and hang up:
 * what it said is read before the write that fails for it ends the connection.
 */
export class PatientAgent extends Agent {
  override createConnection(options: NetConnectOpts): Socket {
    return new PatientSocket().connect(options);
  }
}

class PatientSocket extends Socket {
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
