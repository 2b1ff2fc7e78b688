import type { Segment, TarEntry } from "./entry.ts";
import { BLOCK_BYTES, paddingOf } from "./field.ts";
import { checkSegments, HeaderDecoder } from "./header-decoder.ts";
import { decimal, pairs } from "./pax.ts";
import { TarError } from "./tar-error.ts";

/** Who takes an archive in, in the order of its bytes; synchronously, so that nothing piles up. */
export interface TarSink {
  /** Bytes that are no file's: headers, maps, padding, the end. To be copied if they are kept. */
  raw(bytes: Buffer): void;
  entry(entry: TarEntry): void;
  /** Bytes of the last entry, and where in the file they belong. To be copied if they are kept. */
  content(bytes: Buffer, offset: number): void;
  /** The last entry is whole. */
  entryEnd(): void;
}

type Place =
  | { readonly kind: "block" }
  | { readonly kind: "extension"; leftBytes: number; readonly parts: Buffer[] }
  | { readonly kind: "map"; readonly entry: TarEntry; readonly blocks: Buffer[] }
  | {
      readonly kind: "content";
      readonly segments: readonly Segment[];
      index: number;
      doneBytes: number;
    }
  | { readonly kind: "skip"; leftBytes: number }
  | { readonly kind: "after" };

const MAX_MAP_BLOCKS = 8192;

/**
 * Reads a tar archive that arrives in pieces of any size. Every byte goes to the sink exactly once
 * and in order, as `raw` or as `content`: what it is given is the archive.
 */
export class TarReader {
  readonly #sink: TarSink;
  readonly #decoder = new HeaderDecoder();
  #place: Place = { kind: "block" };
  /** Part of a block. */
  #rest: Buffer | undefined;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /** @throws {TarError} when this is no archive; what the sink throws. */
  push(bytes: Uint8Array): void {
    let at = 0;
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (at < chunk.length) at += this.#take(chunk.subarray(at));
  }

  /** No more bytes follow. @throws {TarError} when some are missing. */
  end(): void {
    const { kind } = this.#place;
    const isWhole = kind === "after" || (kind === "block" && this.#decoder.mayEnd);
    if (!isWhole || this.#rest) throw new TarError("the archive ends in the middle");
  }

  /** Uses up some of the bytes and answers how many. */
  #take(bytes: Buffer): number {
    const place = this.#place;
    switch (place.kind) {
      case "block":
      case "map":
        return this.#gather(bytes, place);
      case "extension": {
        const part = bytes.subarray(0, place.leftBytes);
        place.parts.push(Buffer.from(part));
        place.leftBytes -= part.length;
        this.#sink.raw(part);
        if (place.leftBytes === 0) this.#extensionEnd(place.parts);
        return part.length;
      }
      case "content":
        return this.#content(bytes, place);
      case "skip": {
        const part = bytes.subarray(0, place.leftBytes);
        this.#sink.raw(part);
        place.leftBytes -= part.length;
        if (place.leftBytes === 0) this.#place = { kind: "block" };
        return part.length;
      }
      case "after":
        this.#sink.raw(bytes);
        return bytes.length;
    }
  }

  /** Makes blocks of what comes. */
  #gather(bytes: Buffer, place: Extract<Place, { kind: "block" | "map" }>): number {
    const rest = this.#rest;
    if (!rest && bytes.length >= BLOCK_BYTES) {
      this.#block(bytes.subarray(0, BLOCK_BYTES), place);
      return BLOCK_BYTES;
    }
    const missing = BLOCK_BYTES - (rest?.length ?? 0);
    const part = bytes.subarray(0, missing);
    const block = rest ? Buffer.concat([rest, part]) : Buffer.from(part);
    this.#rest = block.length < BLOCK_BYTES ? block : undefined;
    if (!this.#rest) this.#block(block, place);
    return part.length;
  }

  #block(block: Buffer, place: Extract<Place, { kind: "block" | "map" }>): void {
    this.#sink.raw(block);
    if (place.kind === "map") return this.#mapBlock(block, place);
    const decoded = this.#decoder.block(block);
    switch (decoded.kind) {
      case "more":
        return;
      case "end":
        this.#place = { kind: "after" };
        return;
      case "skip":
        this.#skip(decoded.bytes + paddingOf(decoded.bytes));
        return;
      case "extension":
        this.#place = { kind: "extension", leftBytes: decoded.bytes, parts: [] };
        if (decoded.bytes === 0) this.#extensionEnd([]);
        return;
      case "entry":
        return this.#begin(decoded.entry);
    }
  }

  #extensionEnd(parts: readonly Buffer[]): void {
    const content = Buffer.concat(parts);
    this.#decoder.extension(content);
    this.#skip(paddingOf(content.length));
  }

  #begin(entry: TarEntry): void {
    if (entry.sparse === "inData") {
      this.#place = { kind: "map", entry, blocks: [] };
      return;
    }
    this.#sink.entry(entry);
    this.#contentOf(entry.sparse ?? [{ offset: 0, length: entry.storedBytes }]);
  }

  /** GNU's format 1.0: decimal numbers, a line each, in whole blocks in front of the bytes. */
  #mapBlock(block: Buffer, { entry, blocks }: Extract<Place, { kind: "map" }>): void {
    blocks.push(Buffer.from(block));
    const lines = Buffer.concat(blocks).toString("latin1").split("\n");
    const count = lines.length > 1 ? decimal(lines[0] ?? "", "the sparse map") : undefined;
    if (count === undefined || lines.length < 2 + count * 2) {
      if (blocks.length >= MAX_MAP_BLOCKS) throw new TarError("a file has too many holes");
      return;
    }
    const numbers = lines.slice(1, 1 + count * 2).map((one) => decimal(one, "the sparse map"));
    const segments = pairs(numbers);
    const storedBytes = entry.storedBytes - blocks.length * BLOCK_BYTES;
    checkSegments(segments, { sizeBytes: entry.sizeBytes, storedBytes });
    this.#sink.entry({ ...entry, storedBytes, sparse: segments });
    this.#contentOf(segments);
  }

  #contentOf(segments: readonly Segment[]): void {
    this.#place = { kind: "content", segments, index: -1, doneBytes: 0 };
    this.#nextSegment(this.#place);
  }

  /** Goes on with the next segment that has bytes, or past the entry. */
  #nextSegment(place: Extract<Place, { kind: "content" }>): void {
    place.doneBytes = 0;
    do place.index += 1;
    while (place.segments[place.index]?.length === 0);
    if (place.index < place.segments.length) return;
    this.#sink.entryEnd();
    this.#skip(paddingOf(place.segments.reduce((sum, { length }) => sum + length, 0)));
  }

  #content(bytes: Buffer, place: Extract<Place, { kind: "content" }>): number {
    const { offset = 0, length = 0 } = place.segments[place.index] ?? {};
    const part = bytes.subarray(0, length - place.doneBytes);
    this.#sink.content(part, offset + place.doneBytes);
    place.doneBytes += part.length;
    if (place.doneBytes === length) this.#nextSegment(place);
    return part.length;
  }

  #skip(bytes: number): void {
    this.#place = bytes === 0 ? { kind: "block" } : { kind: "skip", leftBytes: bytes };
  }
}
