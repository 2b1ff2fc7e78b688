import { CONTROL, FLAG_FIN, type Frame, HEAD_BYTES, STREAM_ID, VERSION } from "./frame.ts";

/** The bytes of one frame. Data must be at most 2^24 − 1 bytes long. */
export function encodeFrame(frame: Exclude<Frame, { type: "other" }>): Uint8Array {
  switch (frame.type) {
    case "data":
      return dataFrame(frame);
    case "synStream":
      // After the id: associated stream 0, priority 0, slot 0.
      return control(CONTROL.synStream, {
        body: [ids(frame.streamId, 0), Buffer.alloc(2), frame.block],
        fin: frame.fin,
      });
    case "synReply":
      return control(CONTROL.synReply, {
        body: [ids(frame.streamId), frame.block],
        fin: frame.fin,
      });
    case "headers":
      return control(CONTROL.headers, { body: [ids(frame.streamId), frame.block], fin: frame.fin });
    case "rstStream":
      return control(CONTROL.rstStream, { body: [ids(frame.streamId, frame.status)] });
    case "ping":
      return control(CONTROL.ping, { body: [ids(frame.id)] });
    case "goaway":
      return control(CONTROL.goaway, { body: [ids(frame.lastStreamId, frame.status)] });
  }
}

function dataFrame(frame: Extract<Frame, { type: "data" }>): Uint8Array {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + frame.bytes.length);
  bytes.writeUInt32BE(frame.streamId & STREAM_ID, 0);
  bytes.writeUInt32BE(frame.bytes.length, 4);
  bytes[4] = frame.fin ? FLAG_FIN : 0;
  bytes.set(frame.bytes, HEAD_BYTES);
  return bytes;
}

function control(code: number, content: { body: Uint8Array[]; fin?: boolean }): Uint8Array {
  const body = Buffer.concat(content.body);
  const head = Buffer.allocUnsafe(HEAD_BYTES);
  head.writeUInt16BE(0x8000 | VERSION, 0);
  head.writeUInt16BE(code, 2);
  head.writeUInt32BE(body.length, 4);
  head[4] = content.fin === true ? FLAG_FIN : 0;
  return Buffer.concat([head, body]);
}

function ids(...numbers: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(4 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number >>> 0, 4 * index);
  return bytes;
}
