import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";

/** Sizes and numbers of a 64-bit little-endian ELF file (System V gABI, chapters 4 and 5). */
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
const PT_LOAD = 1;
const PT_NOTE = 4;

/**
 * Takes out of a compiled binary the zeros that Bun writes for `.bss`, 1.8 MB: it adds its section
 * behind them to the segment that they are the end of. That segment ends before them again, as the
 * linker made it, and what was added has a segment of its own, in the place of the one that names
 * notes, which nothing loads. A file that is made otherwise is left as it is.
 */
export function cutZeros(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
    const file = Buffer.alloc(fstatSync(descriptor).size);
    readSync(descriptor, file, 0, file.length, 0);
    const cut = withoutZeros(file);
    if (cut === undefined) return;
    writeSync(descriptor, cut, 0, cut.length, 0);
    ftruncateSync(descriptor, cut.length);
  } finally {
    closeSync(descriptor);
  }
}

interface Part {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly bytes: number;
}

interface Segment extends Part {
  /** All of it as it stands in the table. */
  readonly entry: Buffer;
  readonly alignment: number;
}

interface Section extends Part {
  readonly name: string;
  /** Where it stands in the file. */
  readonly at: number;
}

/** The file without the zeros; undefined where it is not made as `cutZeros` expects. */
export function withoutZeros(file: Buffer): Buffer | undefined {
  const segments = segmentsOf(file);
  const sections = sectionsOf(file);
  const bss = sections.find(({ name }) => name === ".bss");
  const added = sections.find(({ name }) => name === ".bun");
  const note = segments.find(({ type }) => type === PT_NOTE);
  if (bss === undefined || added === undefined || note === undefined) return undefined;
  const data = segments.find((one) => one.type === PT_LOAD && holds(one, bss) && holds(one, added));
  if (data === undefined || bss.address + bss.bytes > added.address) return undefined;
  const zeros = data.offset + bss.address - data.address;
  const from = Math.ceil(zeros / data.alignment) * data.alignment;
  const left = added.offset - from;
  if (left <= 0 || (left | added.address) % data.alignment !== 0) return undefined;
  if (file.subarray(zeros, added.offset).some((byte) => byte !== 0)) return undefined;

  const moved = Buffer.concat([file.subarray(0, from), file.subarray(added.offset)]);
  const own = resized(data, {
    ...{ offset: from, address: added.address },
    fileBytes: data.address + data.bytes - added.address,
  });
  const before = resized(data, {
    ...{ offset: data.offset, address: data.address, fileBytes: zeros - data.offset },
    memoryBytes: bss.address + bss.bytes - data.address,
  });
  // Segments that are loaded stand in the order of their addresses.
  const table = segments
    .filter((one) => one !== note)
    .flatMap((one) => (one === data ? [before, own] : [one.entry]));
  Buffer.concat(table).copy(moved, Number(file.readBigUInt64LE(32)));
  moved.writeBigUInt64LE(file.readBigUInt64LE(40) - BigInt(left), 40);
  for (const { at, offset } of sections) {
    if (offset >= added.offset) moved.writeBigUInt64LE(BigInt(offset - left), at - left + 24);
  }
  return moved;
}

const holds = (segment: Part, { address }: Part): boolean =>
  address >= segment.address && address < segment.address + segment.bytes;

function resized(
  { entry }: Segment,
  place: {
    readonly offset: number;
    readonly address: number;
    readonly fileBytes: number;
    readonly memoryBytes?: number;
  },
): Buffer {
  const made = Buffer.from(entry);
  made.writeBigUInt64LE(BigInt(place.offset), 8);
  made.writeBigUInt64LE(BigInt(place.address), 16);
  made.writeBigUInt64LE(BigInt(place.address), 24);
  made.writeBigUInt64LE(BigInt(place.fileBytes), 32);
  made.writeBigUInt64LE(BigInt(place.memoryBytes ?? place.fileBytes), 40);
  return made;
}

function segmentsOf(file: Buffer): readonly Segment[] {
  const start = Number(file.readBigUInt64LE(32));
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const entry = file.subarray(start + index * SEGMENT_BYTES, start + (index + 1) * SEGMENT_BYTES);
    return {
      entry,
      type: entry.readUInt32LE(0),
      offset: Number(entry.readBigUInt64LE(8)),
      address: Number(entry.readBigUInt64LE(16)),
      bytes: Number(entry.readBigUInt64LE(40)),
      alignment: Number(entry.readBigUInt64LE(48)),
    };
  });
}

function sectionsOf(file: Buffer): readonly Section[] {
  const start = Number(file.readBigUInt64LE(40));
  const at = (index: number): number => start + index * SECTION_BYTES;
  const names = Number(file.readBigUInt64LE(at(file.readUInt16LE(62)) + 24));
  return Array.from({ length: file.readUInt16LE(60) }, (_, index) => {
    const header = file.subarray(at(index), at(index + 1));
    const name = names + header.readUInt32LE(0);
    return {
      at: at(index),
      name: file.toString("latin1", name, file.indexOf(0, name)),
      type: header.readUInt32LE(4),
      address: Number(header.readBigUInt64LE(16)),
      offset: Number(header.readBigUInt64LE(24)),
      bytes: Number(header.readBigUInt64LE(32)),
    };
  });
}
