import { createWriteStream } from "node:fs";
import { type FileHandle, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import { explain } from "#lib/errors.ts";
import { ImageError } from "../image-error.ts";
import { UnpackLimits } from "../layers/limits.ts";
import type { TarEntry } from "../tar/entry.ts";
import { BLOCK_BYTES, paddingOf } from "../tar/field.ts";
import { HeaderDecoder } from "../tar/header-decoder.ts";
import { TarError } from "../tar/tar-error.ts";
import { compressionOf, decompressed } from "./decompress.ts";

const PIECE_BYTES = 256 * 1024;
const MAX_ENTRIES = 100_000;
const MAX_LINKS = 8;

interface Member {
  readonly offset: number;
  readonly bytes: number;
  /** Where a link leads. */
  readonly link?: string;
}

export interface OpenArchive {
  readonly path: string;
  /** A file for what a compressed archive holds; removed when the archive is closed. */
  readonly spool: string;
}

/** A tar archive whose members can be read in any order. A compressed one is unpacked to a file first. */
export class ArchiveFile implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #members: ReadonlyMap<string, Member>;
  readonly #spool: string | undefined;

  private constructor(file: FileHandle, members: ReadonlyMap<string, Member>, spool?: string) {
    this.#file = file;
    this.#members = members;
    this.#spool = spool;
  }

  /** @throws {ImageError} when it is no archive, or is damaged. */
  static async open({ path, spool }: OpenArchive, signal: AbortSignal): Promise<ArchiveFile> {
    let file = await openFile(path);
    let spooled: string | undefined;
    try {
      const bytes = await start(file);
      if (bytes.length === 0) throw new ImageError("it is empty");
      if (compressionOf(bytes) !== "none") {
        spooled = spool;
        await unpackTo(file, spool, signal);
        await file.close();
        file = await openFile(spool);
      }
      return new ArchiveFile(file, await membersOf(file), spooled);
    } catch (error) {
      await file.close();
      if (spooled !== undefined) await rm(spooled, { force: true });
      if (error instanceof TarError)
        throw new ImageError(`it is no whole archive: ${error.message}`);
      throw error;
    }
  }

  has(name: string): boolean {
    return this.#members.has(clean(name));
  }

  /** A short member as text. @throws {ImageError} when it is missing or too long. */
  async text(name: string, maxBytes: number): Promise<string> {
    const { bytes } = this.#find(name);
    if (bytes > maxBytes) throw new ImageError(`its ${name} is longer than ${maxBytes} bytes`);
    const parts: Uint8Array[] = [];
    for await (const part of this.bytes(name)) parts.push(part);
    return Buffer.concat(parts).toString();
  }

  sizeOf(name: string): number {
    return this.#find(name).bytes;
  }

  async *bytes(name: string): AsyncGenerator<Uint8Array, void, undefined> {
    const { offset, bytes } = this.#find(name);
    yield* range(this.#file, { offset, bytes });
  }

  /** The archive itself, not compressed. */
  async *all(): AsyncGenerator<Uint8Array, void, undefined> {
    const { size } = await this.#file.stat();
    yield* range(this.#file, { offset: 0, bytes: size });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
    if (this.#spool !== undefined) await rm(this.#spool, { force: true });
  }

  /** Follows links: `docker save` wrote a layer that images share as one. */
  #find(name: string): Member {
    let path = clean(name);
    for (let count = 0; count <= MAX_LINKS; count += 1) {
      const member = this.#members.get(path);
      if (!member) break;
      if (member.link === undefined) return member;
      path = member.link;
    }
    throw new ImageError(`it names ${name} but does not hold it`);
  }
}

async function openFile(path: string): Promise<FileHandle> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw new ImageError(`it cannot be read: ${explain(error)}`, { cause: error });
  });
  if (!(await file.stat()).isDirectory()) return file;
  await file.close();
  throw new ImageError("it is a directory");
}

async function start(file: FileHandle): Promise<Buffer> {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  const { bytesRead } = await file.read(bytes, 0, BLOCK_BYTES, 0);
  return bytes.subarray(0, bytesRead);
}

async function unpackTo(file: FileHandle, spool: string, signal: AbortSignal): Promise<void> {
  const limits = new UnpackLimits({ directory: dirname(spool) });
  const { size } = await file.stat();
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const bytes of decompressed(range(file, { offset: 0, bytes: size }))) {
      limits.countBytes(bytes.length);
      yield bytes;
    }
  };
  await pipeline(counted, createWriteStream(spool, { mode: 0o600 }), { signal });
}

async function* range(
  file: FileHandle,
  { offset, bytes }: Member,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let done = 0; done < bytes; ) {
    const size = Math.min(PIECE_BYTES, bytes - done);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, offset + done);
    if (bytesRead === 0) throw new ImageError("it ends in the middle");
    done += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Reads the headers, and nothing of the members. @throws {TarError} */
async function membersOf(file: FileHandle): Promise<ReadonlyMap<string, Member>> {
  const { size } = await file.stat();
  const decoder = new HeaderDecoder();
  const members = new Map<string, Member>();
  let at = 0;
  const take = async (bytes: number): Promise<Buffer> => {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
    at += bytes;
    if (bytesRead < bytes) throw new TarError("it ends in the middle");
    return buffer;
  };
  while (at < size) {
    const decoded = decoder.block(await take(BLOCK_BYTES));
    if (decoded.kind === "end") return members;
    if (decoded.kind === "extension") {
      decoder.extension(await take(decoded.bytes));
      at += paddingOf(decoded.bytes);
    } else if (decoded.kind === "entry") {
      const { storedBytes } = decoded.entry;
      addMember(members, decoded.entry, at);
      at += storedBytes + paddingOf(storedBytes);
      if (at > size) throw new TarError("it ends in the middle");
    }
  }
  if (members.size === 0 || !decoder.mayEnd) throw new TarError("it ends in the middle");
  return members;
}

function addMember(members: Map<string, Member>, entry: TarEntry, offset: number): void {
  const { path, type, target, storedBytes: bytes } = entry;
  const name = clean(path);
  const link = linkOf(name, type, target);
  if (link !== undefined) members.set(name, { offset, bytes, link });
  else if (type === "file") members.set(name, { offset, bytes });
  if (members.size > MAX_ENTRIES) throw new TarError(`it has more than ${MAX_ENTRIES} members`);
}

function linkOf(path: string, type: string, target: string): string | undefined {
  if (type === "link") return clean(target);
  if (type !== "symlink") return undefined;
  return clean(target.startsWith("/") ? target : `${path}/../${target}`);
}

/** A member's name without `.` and `..`, as its archive means it. */
function clean(name: string): string {
  const parts: string[] = [];
  for (const part of name.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
