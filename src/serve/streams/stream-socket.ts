/**
 * The sending side of a connection that carries streams, whatever it is made of: the TLS socket of
 * a SPDY upgrade, or the messages of a WebSocket.
 */
export interface StreamSocket {
  /**
   * Queues `bytes`, one message on a WebSocket. Where the client does not keep up, a promise comes
   * back that resolves once there is room again: a source that awaits it is as slow as the client.
   * A socket that closed drops bytes; nothing rejects.
   */
  send(bytes: Uint8Array): Promise<void> | undefined;
  /** Stops what comes in until `resume`; a few messages that were read already may still arrive. */
  pause(): void;
  resume(): void;
  /** Ends the connection in order once all that was queued is sent. `code` is a WebSocket close code. */
  end(code?: number): void;
}

/** The receiving side. Nothing is called after `closed`. */
export interface StreamSession {
  /** `bytes` are the session's own. A text message of a WebSocket arrives as its UTF-8 bytes. */
  received(bytes: Uint8Array): void;
  /** The client closed its sending side or is gone: all work must end, and what it holds be released. */
  closed(): void;
}

/** Begins a session on a connection that is open. */
export type StartSession = (socket: StreamSocket) => StreamSession;

/** The agreement to switch a raw connection to another protocol. */
export interface Upgrade {
  /** Headers of the `101 Switching Protocols` answer. */
  readonly headers: Headers;
  /** Call after the answer was sent. */
  readonly start: StartSession;
}
