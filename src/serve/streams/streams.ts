import type { StartSession } from "./stream-socket.ts";

/** The agreement to switch a raw connection to SPDY. */
export interface SpdyUpgrade {
  /** Headers of the `101 Switching Protocols` answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Call after the answer was sent. */
  readonly start: StartSession;
}
