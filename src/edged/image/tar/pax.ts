import type { EntryTime, Segment } from "./entry.ts";
import { TarError } from "./tar-error.ts";

/** The records of a PAX header that are read (POSIX.1-2001 pax, GNU tar's and star's keys). */
export interface PaxRecords {
  /** By key; a later one replaces an earlier one. An empty value takes it back. */
  readonly values: Map<string, string>;
  readonly xattrs: Map<string, Uint8Array>;
  /** GNU's format 0.0 repeats two keys for every piece. */
  readonly segments: Segment[];
}

const XATTR = "SCHILY.xattr.";
const BLANK = 0x20;
const NEWLINE = 0x0a;
const EQUALS = 0x3d;

export function emptyRecords(): PaxRecords {
  return { values: new Map(), xattrs: new Map(), segments: [] };
}

interface PaxRecord {
  readonly key: string;
  readonly value: Buffer;
}

/** Reads `LENGTH KEY=VALUE\n` records into `records`. @throws {TarError} */
export function readPax(bytes: Buffer, records: PaxRecords): void {
  let pieceOffset: number | undefined;
  for (const { key, value } of paxRecords(bytes)) {
    if (key.startsWith(XATTR)) {
      records.xattrs.set(key.slice(XATTR.length), Buffer.from(value));
    } else if (key === "GNU.sparse.offset") {
      pieceOffset = decimal(value.toString("latin1"), key);
    } else if (key === "GNU.sparse.numbytes") {
      if (pieceOffset === undefined) throw new TarError("a sparse map is damaged");
      records.segments.push({
        offset: pieceOffset,
        length: decimal(value.toString("latin1"), key),
      });
      pieceOffset = undefined;
    } else {
      records.values.set(key, value.toString("latin1"));
    }
  }
}

function* paxRecords(bytes: Buffer): Generator<PaxRecord> {
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(BLANK, at);
    const digits = blank < 0 ? "" : bytes.toString("latin1", at, blank);
    const end = at + Number(digits);
    if (!/^[1-9]\d{0,8}$/.test(digits) || end > bytes.length || bytes[end - 1] !== NEWLINE) {
      throw new TarError("a PAX header is damaged");
    }
    const equals = bytes.indexOf(EQUALS, blank);
    if (equals < 0 || equals >= end) {
      throw new TarError("a PAX header has a record without a value");
    }
    yield {
      key: bytes.toString("latin1", blank + 1, equals),
      value: bytes.subarray(equals + 1, end - 1),
    };
    at = end;
  }
}

/** A whole number of a record. */
export function decimal(text: string, key: string): number {
  const value = Number(text);
  if (!/^\d{1,19}$/.test(text) || !Number.isSafeInteger(value)) {
    throw new TarError(`a PAX header has no number for ${key}`);
  }
  return value;
}

/** `1700000000.25`, `-1.5` */
export function paxTime(text: string): EntryTime {
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole === "") throw new TarError("a PAX header has a time that is none");
  const nanoseconds = Number(fraction.slice(0, 9).padEnd(9, "0"));
  if (sign === "") return { seconds: Number(whole), nanoseconds };
  const borrow = nanoseconds > 0 ? 1 : 0;
  return {
    seconds: -Number(whole) - borrow,
    nanoseconds: borrow * (1_000_000_000 - nanoseconds),
  };
}

/** GNU's format 0.1: `offset,length,offset,length`. */
export function paxSparseMap(text: string): Segment[] {
  const numbers = text === "" ? [] : text.split(",").map((one) => decimal(one, "GNU.sparse.map"));
  return pairs(numbers);
}

/** Offsets and lengths in turns as segments. */
export function pairs(numbers: readonly number[]): Segment[] {
  if (numbers.length % 2 !== 0) throw new TarError("a sparse map is damaged");
  const segments: Segment[] = [];
  for (let index = 0; index < numbers.length; index += 2) {
    segments.push({ offset: numbers[index] ?? 0, length: numbers[index + 1] ?? 0 });
  }
  return segments;
}
