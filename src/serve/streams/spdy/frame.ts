/**
 * The frames of SPDY/3.1 (§2.2, §2.6) that Kubernetes' clients and servers exchange. Data comes in
 * pieces as it arrives: only the last piece of a last frame has `fin`.
 */
export type Frame =
  | {
      readonly type: "data";
      readonly streamId: number;
      readonly bytes: Uint8Array;
      readonly fin: boolean;
    }
  | {
      readonly type: "synStream";
      readonly streamId: number;
      readonly block: Uint8Array;
      readonly fin: boolean;
    }
  | {
      readonly type: "synReply";
      readonly streamId: number;
      readonly block: Uint8Array;
      readonly fin: boolean;
    }
  | {
      readonly type: "headers";
      readonly streamId: number;
      readonly block: Uint8Array;
      readonly fin: boolean;
    }
  | { readonly type: "rstStream"; readonly streamId: number; readonly status: number }
  | { readonly type: "ping"; readonly id: number }
  | { readonly type: "goaway"; readonly lastStreamId: number; readonly status: number }
  /** SETTINGS, WINDOW_UPDATE and unknown control frames, which may be passed over. */
  | { readonly type: "other"; readonly code: number };

/** Why a stream is reset (§2.6.3). */
export const RESET = { protocolError: 1, refusedStream: 3, cancel: 5, internalError: 6 } as const;

/** Why a connection ends (§2.6.6). */
export const GOAWAY = { ok: 0, protocolError: 1 } as const;

export const HEAD_BYTES = 8;
export const STREAM_ID = 0x7fffffff;
export const CONTROL = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goaway: 7, headers: 8 };
export const VERSION = 3;
export const FLAG_FIN = 1;
