import { readFileSync } from "node:fs";

/** What a dynamic ELF file asks of the system that runs it. */
export interface ElfNeeds {
  /** `x64`, `arm64`, … */
  readonly machine: string;
  /** `/lib64/ld-linux-x86-64.so.2` */
  readonly interpreter: string;
  /** Libraries: `libc.so.6`. */
  readonly libraries: readonly string[];
  /** Versions of symbols: `GLIBC_2.17`. */
  readonly versions: readonly string[];
}

const MACHINES: Readonly<Record<number, string>> = { 62: "x64", 183: "arm64" };
const PT_LOAD = 1n;
const PT_DYNAMIC = 2n;
const PT_INTERP = 3n;
const DT_NULL = 0n;
const DT_NEEDED = 1n;
const DT_STRTAB = 5n;
const DT_VERNEED = 0x6ffffffen;
const DT_VERNEEDNUM = 0x6fffffffn;

interface Segment {
  readonly type: bigint;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

/** Reads the needs of a 64-bit little-endian ELF file (System V ABI, gABI chapter 5). */
export function elfNeeds(path: string): ElfNeeds {
  const file = readFileSync(path);
  if (file.toString("latin1", 0, 4) !== "\x7fELF") throw new TypeError(`${path} is no ELF file`);
  const segments = segmentsOf(file);
  const only = (type: bigint): Segment | undefined => segments.find((one) => one.type === type);
  const dynamic = only(PT_DYNAMIC);
  const interpreter = only(PT_INTERP);
  const machine = MACHINES[file.readUInt16LE(18)] ?? "unknown";
  if (!dynamic || !interpreter) return { machine, interpreter: "", libraries: [], versions: [] };
  const place = (address: number): number => {
    const load = segments.find(
      (one) => one.type === PT_LOAD && address >= one.address && address < one.address + one.size,
    );
    if (!load) throw new RangeError(`Address ${address} is in no segment`);
    return address - load.address + load.offset;
  };
  const entries = dynamicEntries(file, dynamic);
  const first = (tag: bigint): number => Number(entries.find(([one]) => one === tag)?.[1] ?? 0n);
  const strings = place(first(DT_STRTAB));
  const text = (offset: number): string => cString(file, strings + offset);
  return {
    machine,
    interpreter: cString(file, interpreter.offset),
    libraries: entries.filter(([tag]) => tag === DT_NEEDED).map(([, value]) => text(Number(value))),
    versions: first(DT_VERNEED)
      ? neededVersions(file, { at: place(first(DT_VERNEED)), count: first(DT_VERNEEDNUM), text })
      : [],
  };
}

function segmentsOf(file: Buffer): Segment[] {
  const start = Number(file.readBigUInt64LE(32));
  const size = file.readUInt16LE(54);
  return Array.from({ length: file.readUInt16LE(56) }, (_, index) => {
    const at = start + index * size;
    return {
      type: BigInt(file.readUInt32LE(at)),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

function dynamicEntries(file: Buffer, { offset, size }: Segment): (readonly [bigint, bigint])[] {
  const entries: (readonly [bigint, bigint])[] = [];
  for (let at = offset; at < offset + size; at += 16) {
    const tag = file.readBigUInt64LE(at);
    if (tag === DT_NULL) break;
    entries.push([tag, file.readBigUInt64LE(at + 8)]);
  }
  return entries;
}

function neededVersions(
  file: Buffer,
  { at, count, text }: { at: number; count: number; text: (offset: number) => string },
): string[] {
  const versions: string[] = [];
  let need = at;
  for (let index = 0; index < count; index += 1) {
    let auxiliary = need + file.readUInt32LE(need + 8);
    for (let left = file.readUInt16LE(need + 2); left > 0; left -= 1) {
      versions.push(text(file.readUInt32LE(auxiliary + 8)));
      auxiliary += file.readUInt32LE(auxiliary + 12);
    }
    need += file.readUInt32LE(need + 12);
  }
  return versions;
}

function cString(file: Buffer, at: number): string {
  return file.toString("latin1", at, file.indexOf(0, at));
}
