import { must } from "#lib/errors.ts";
import type { Arch } from "../syscalls.ts";

/** Where the file begins in memory. */
const LOAD_ADDRESS = 0x400000;
const HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const PAGE_BYTES = 0x10000; // the largest that arm64 kernels use
const LOADED = 1;
const STACK = 0x6474e551;
const EXECUTE = 1;
const WRITE = 2;
const READ = 4;
const MACHINES: Readonly<Record<Arch, number>> = { x64: 62, arm64: 183 };

/** Where the zeroed memory of a program begins. */
export const STATIC_ADDRESS = 0x1000000;

interface Segment {
  readonly type: number;
  readonly flags: number;
  readonly address: number;
  readonly fileBytes: number;
  readonly memoryBytes: number;
}

/**
 * A static executable: code that may not be written, zeroed memory and a stack that may not be
 * executed. It needs no loader and no library. Its first instruction is the code's.
 * Source: the ELF-64 object file format, and its supplements for these processors.
 */
export function executable(
  code: Uint8Array,
  { arch, staticBytes }: { readonly arch: Arch; readonly staticBytes: number },
): Uint8Array {
  const count = staticBytes > 0 ? 3 : 2;
  const headerBytes = HEADER_BYTES + PROGRAM_HEADER_BYTES * count;
  const fileBytes = headerBytes + code.length;
  if (LOAD_ADDRESS + fileBytes > STATIC_ADDRESS) throw new RangeError("The code is too long");
  const file = new Uint8Array(fileBytes);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]); // 64 bits, little endian, version 1
  view.setUint16(16, 2, true); // executable
  view.setUint16(18, MACHINES[arch], true);
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(LOAD_ADDRESS + headerBytes), true); // the first instruction
  view.setBigUint64(32, BigInt(HEADER_BYTES), true); // program headers
  view.setUint16(52, HEADER_BYTES, true);
  view.setUint16(54, PROGRAM_HEADER_BYTES, true);
  view.setUint16(56, count, true);
  const empty = { address: 0, fileBytes: 0, memoryBytes: 0 };
  const text = { address: LOAD_ADDRESS, fileBytes, memoryBytes: fileBytes };
  const zeros = { address: STATIC_ADDRESS, fileBytes: 0, memoryBytes: staticBytes };
  const segments: readonly Segment[] = [
    { type: LOADED, flags: READ | EXECUTE, ...text },
    { type: STACK, flags: READ | WRITE, ...empty },
    { type: LOADED, flags: READ | WRITE, ...zeros },
  ];
  for (let index = 0; index < count; index += 1) {
    const at = HEADER_BYTES + PROGRAM_HEADER_BYTES * index;
    writeSegment(new DataView(file.buffer, at), must(segments[index], "a segment"));
  }
  file.set(code, headerBytes);
  return file;
}

function writeSegment(view: DataView, segment: Segment): void {
  view.setUint32(0, segment.type, true);
  view.setUint32(4, segment.flags, true);
  const words = [
    0, // offset in the file
    segment.address,
    segment.address,
    segment.fileBytes,
    segment.memoryBytes,
    PAGE_BYTES,
  ];
  for (const [index, word] of words.entries()) {
    view.setBigUint64(8 + 8 * index, BigInt(word), true);
  }
}
