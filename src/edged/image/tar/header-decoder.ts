import type { EntryType, Segment, SparseMap, TarEntry } from "./entry.ts";
import {
  BLOCK_BYTES,
  type Field,
  hasGoodChecksum,
  numberField,
  printable,
  textField,
} from "./field.ts";
import { decimal, emptyRecords, type PaxRecords, paxSparseMap, paxTime, readPax } from "./pax.ts";
import { TarError } from "./tar-error.ts";

/** Nothing that belongs into a header is longer: names, links, xattrs (64 KiB each in Linux). */
const MAX_EXTENSION_BYTES = 1024 * 1024;
const MAX_SEGMENTS = 100_000;

/** What a block of 512 bytes is, and what follows it. */
export type Decoded =
  /** A header about the next entry; its content of `bytes` goes to `extension()`. */
  | { readonly kind: "extension"; readonly bytes: number }
  /** One more block of this header follows. */
  | { readonly kind: "more" }
  | { readonly kind: "entry"; readonly entry: TarEntry }
  /** Something that is no file, of `bytes`. */
  | { readonly kind: "skip"; readonly bytes: number }
  | { readonly kind: "end" };

const TYPES: ReadonlyMap<string, EntryType> = new Map([
  ["0", "file"],
  ["\0", "file"],
  ["7", "file"],
  ["S", "file"],
  ["1", "link"],
  ["2", "symlink"],
  ["3", "character"],
  ["4", "block"],
  ["5", "directory"],
  ["6", "fifo"],
]);

const NAME: Field = { offset: 0, length: 100 };
const MODE: Field = { offset: 100, length: 8 };
const UID: Field = { offset: 108, length: 8 };
const GID: Field = { offset: 116, length: 8 };
const SIZE: Field = { offset: 124, length: 12 };
const MODIFIED: Field = { offset: 136, length: 12 };
const TYPE_OFFSET = 156;
const TARGET: Field = { offset: 157, length: 100 };
const MAGIC: Field = { offset: 257, length: 6 };
const MAJOR: Field = { offset: 329, length: 8 };
const MINOR: Field = { offset: 337, length: 8 };
const PREFIX: Field = { offset: 345, length: 155 };

/** GNU's old sparse files: four pieces in the header, 21 in each block after it. */
const SPARSE_IN_HEADER = { offset: 386, pieces: 4, moreOffset: 482, sizeOffset: 483 };
const SPARSE_IN_BLOCK = { offset: 0, pieces: 21, moreOffset: 504 };
const PIECE_BYTES = 24;

/** An old sparse file whose map goes on in the next block. */
interface Unfinished {
  readonly header: Buffer;
  readonly segments: Segment[];
}

/** Makes entries of header blocks: ustar, PAX, GNU's long names and all four of its sparse formats. */
export class HeaderDecoder {
  readonly #global = emptyRecords();
  #next: PaxRecords = emptyRecords();
  #longName: string | undefined;
  #longTarget: string | undefined;
  #extension = "";
  #unfinished: Unfinished | undefined;
  #zeroBlocks = 0;

  /** @throws {TarError} */
  block(block: Buffer): Decoded {
    if (this.#unfinished) return this.#moreSegments(block, this.#unfinished);
    if (isZero(block)) {
      this.#zeroBlocks += 1;
      return this.#zeroBlocks === 2 ? { kind: "end" } : { kind: "more" };
    }
    if (this.#zeroBlocks > 0) throw new TarError("an entry follows the end");
    if (!hasGoodChecksum(block)) throw new TarError("the checksum of a header is wrong");
    const type = block.toString("latin1", TYPE_OFFSET, TYPE_OFFSET + 1);
    switch (type) {
      case "x":
      case "X":
      case "g":
      case "L":
      case "K":
        return this.#beginExtension(type, numberField(block, SIZE));
      case "V":
        return { kind: "skip", bytes: 0 };
      case "S":
        return this.#oldSparse(block);
      default:
        return this.#entry(block, undefined);
    }
  }

  /** The content of the extension that `block` told. */
  extension(content: Buffer): void {
    const text = textField(content, { offset: 0, length: content.length });
    switch (this.#extension) {
      case "g":
        this.#extension = "";
        return readPax(content, this.#global);
      case "L":
        this.#longName = text;
        return;
      case "K":
        this.#longTarget = text;
        return;
      default:
        return readPax(content, this.#next);
    }
  }

  /** Whether an archive may end here, without the blocks that say so. */
  get mayEnd(): boolean {
    return !this.#unfinished && this.#extension === "";
  }

  #beginExtension(type: string, bytes: number): Decoded {
    if (bytes < 0 || bytes > MAX_EXTENSION_BYTES) {
      throw new TarError(`a header of ${bytes} bytes is too long`);
    }
    this.#extension = type;
    return { kind: "extension", bytes };
  }

  #oldSparse(header: Buffer): Decoded {
    const segments: Segment[] = [];
    const goesOn = readPieces(header, SPARSE_IN_HEADER, segments);
    if (!goesOn) return this.#entry(header, segments);
    this.#unfinished = { header: Buffer.from(header), segments };
    return { kind: "more" };
  }

  #moreSegments(block: Buffer, unfinished: Unfinished): Decoded {
    if (readPieces(block, SPARSE_IN_BLOCK, unfinished.segments)) return { kind: "more" };
    this.#unfinished = undefined;
    return this.#entry(unfinished.header, unfinished.segments);
  }

  #entry(header: Buffer, oldSegments: readonly Segment[] | undefined): Decoded {
    const pax = this.#next;
    const value = (key: string): string | undefined =>
      (pax.values.get(key) ?? this.#global.values.get(key)) || undefined;
    const path = value("GNU.sparse.name") ?? value("path") ?? this.#longName ?? nameOf(header);
    const target = value("linkpath") ?? this.#longTarget ?? textField(header, TARGET);
    const type = typeOf(header, path);
    const number = (key: string, field: Field): number => {
      const text = value(key);
      return text === undefined ? numberField(header, field) : decimal(text, key);
    };
    const hasContent = type === "file";
    const storedBytes = hasContent ? number("size", SIZE) : 0;
    const sparse = hasContent ? (oldSegments ?? paxSparse(value, pax.segments)) : undefined;
    const time = value("mtime");
    const entry: TarEntry = {
      type,
      path,
      target,
      mode: numberField(header, MODE) & 0o7777,
      uid: number("uid", UID),
      gid: number("gid", GID),
      modified:
        time === undefined
          ? { seconds: numberField(header, MODIFIED), nanoseconds: 0 }
          : paxTime(time),
      sizeBytes: sparse ? sparseSize(header, value, oldSegments !== undefined) : storedBytes,
      storedBytes,
      ...(sparse && { sparse }),
      major: isUstar(header) ? numberField(header, MAJOR) : 0,
      minor: isUstar(header) ? numberField(header, MINOR) : 0,
      xattrs: pax.xattrs,
    };
    check(entry);
    this.#next = emptyRecords();
    this.#longName = undefined;
    this.#longTarget = undefined;
    this.#extension = "";
    return { kind: "entry", entry };
  }
}

function check({ path, uid, gid, sizeBytes, storedBytes, sparse }: TarEntry): void {
  if (path === "") throw new TarError("an entry has no name");
  for (const id of [uid, gid]) {
    if (id < 0 || id > 0xfffffffe) throw new TarError(`no file can belong to ${id}`);
  }
  if (sizeBytes < 0 || storedBytes < 0) throw new TarError("a file has less than no bytes");
  if (sparse && sparse !== "inData") checkSegments(sparse, { sizeBytes, storedBytes });
}

/** @throws {TarError} unless the segments lie in their order in the file, and are what is stored. */
export function checkSegments(
  segments: readonly Segment[],
  { sizeBytes, storedBytes }: { readonly sizeBytes: number; readonly storedBytes: number },
): void {
  let end = 0;
  let stored = 0;
  for (const { offset, length } of segments) {
    if (offset < end || offset + length > sizeBytes) throw new TarError("a sparse map is damaged");
    end = offset + length;
    stored += length;
  }
  if (segments.length > MAX_SEGMENTS || stored !== storedBytes) {
    throw new TarError("a sparse map is damaged");
  }
}

function paxSparse(
  value: (key: string) => string | undefined,
  segments: readonly Segment[],
): SparseMap | undefined {
  if (value("GNU.sparse.major") === "1") return "inData";
  const map = value("GNU.sparse.map");
  if (map !== undefined) return paxSparseMap(map);
  return value("GNU.sparse.size") === undefined ? undefined : segments;
}

function sparseSize(
  header: Buffer,
  value: (key: string) => string | undefined,
  isOld: boolean,
): number {
  if (isOld) return numberField(header, { offset: SPARSE_IN_HEADER.sizeOffset, length: 12 });
  const key =
    value("GNU.sparse.realsize") === undefined ? "GNU.sparse.size" : "GNU.sparse.realsize";
  return decimal(value(key) ?? "", key);
}

/** Adds the pieces of a block; whether another block follows. */
function readPieces(
  block: Buffer,
  at: { readonly offset: number; readonly pieces: number; readonly moreOffset: number },
  segments: Segment[],
): boolean {
  for (let piece = 0; piece < at.pieces; piece += 1) {
    const offset = at.offset + piece * PIECE_BYTES;
    if (block.readUInt8(offset) === 0) break;
    segments.push({
      offset: numberField(block, { offset, length: 12 }),
      length: numberField(block, { offset: offset + 12, length: 12 }),
    });
  }
  if (segments.length > MAX_SEGMENTS) throw new TarError("a file has too many holes");
  return block.readUInt8(at.moreOffset) !== 0;
}

function typeOf(header: Buffer, path: string): EntryType {
  const flag = header.toString("latin1", TYPE_OFFSET, TYPE_OFFSET + 1);
  const type = TYPES.get(flag);
  if (type === undefined) throw new TarError(`an entry has the unknown type "${printable(flag)}"`);
  // Before ustar a directory was a file whose name ended so.
  return type === "file" && path.endsWith("/") ? "directory" : type;
}

function isUstar(header: Buffer): boolean {
  return header.toString("latin1", MAGIC.offset, MAGIC.offset + 5) === "ustar";
}

/** Only POSIX' ustar has a prefix: GNU keeps times there. */
function nameOf(header: Buffer): string {
  const name = textField(header, NAME);
  const prefix = textField(header, MAGIC) === "ustar" ? textField(header, PREFIX) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function isZero(block: Buffer): boolean {
  for (let index = 0; index < BLOCK_BYTES; index += 4) {
    if (block.readUInt32LE(index) !== 0) return false;
  }
  return true;
}
