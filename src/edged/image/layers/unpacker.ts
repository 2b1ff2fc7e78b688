import { closeSync, constants, fstatSync, ftruncateSync } from "node:fs";
import { assertNever, errorCode } from "#lib/errors.ts";
import {
  isDirectoryNode,
  isFileNode,
  isWhiteoutNode,
  OPAQUE,
  type Place,
  type Tree,
  WHITEOUT,
} from "#linux/tree.ts";
import { beginWriteback } from "#linux/writeback.ts";
import { ImageError } from "../image-error.ts";
import type { TarEntry } from "../tar/entry.ts";
import type { TarSink } from "../tar/reader.ts";
import { entryPath, type Marker, markerOf } from "./entry-path.ts";
import type { UnpackLimits } from "./limits.ts";
import type { SkeletonWriter } from "./skeleton.ts";
import { writeAll } from "./write-all.ts";

const { S_IFBLK, S_IFCHR, S_IFIFO } = constants;
/** Files of so many bytes begin their way to the disk at once: less is left for the end. */
const WRITEBACK_BYTES = 128 * 1024;
const YES = Buffer.from("y");
/** What only overlay itself says of a layer. */
const OVERLAY_ATTRIBUTES = /^(trusted|user)\.overlay\./;

export interface UnpackerOptions {
  readonly tree: Tree;
  readonly skeleton: SkeletonWriter;
  readonly limits: UnpackLimits;
  /** A directory for files whose place a later entry takes, opened when there is the first one. */
  readonly aside: () => number;
}

/** A file whose bytes are on their way. */
interface OpenFile {
  readonly entry: TarEntry;
  readonly path: string;
  readonly place: Place;
  readonly descriptor: number;
}

/**
 * Makes one layer's files as overlay wants them: deleted names of the layers below as character
 * devices 0:0, replaced directories as opaque ones. What the same layer holds a marker does not
 * hide (OCI image-spec). Nothing is made outside of the tree.
 */
export class Unpacker implements TarSink, Disposable {
  readonly #tree: Tree;
  readonly #skeleton: SkeletonWriter;
  readonly #limits: UnpackLimits;
  readonly #aside: () => number;
  #asideCount = 0;
  #file: OpenFile | undefined;
  /** Set last: whatever is made in a directory changes its time. */
  readonly #directoryTimes = new Map<string, TarEntry["modified"]>();
  /** Bytes of all files. */
  sizeBytes = 0;

  constructor({ tree, skeleton, limits, aside }: UnpackerOptions) {
    this.#tree = tree;
    this.#skeleton = skeleton;
    this.#limits = limits;
    this.#aside = aside;
    tree.onImplied = () => limits.countEntry();
  }

  raw(bytes: Buffer): void {
    this.#skeleton.raw(bytes);
    this.#limits.checkRaw(this.#skeleton.rawBytes);
  }

  entry(entry: TarEntry): void {
    this.#limits.countEntry();
    const path = entryPath(entry.path);
    const marker = markerOf(path);
    if (marker) return this.#mark(marker);
    if (path === "") return this.#root(entry);
    const place = this.#tree.place(path, { make: true });
    if (entry.type === "file") return this.#openFile(entry, place);
    this.#make(entry, place);
    this.#describe(entry, place);
    if (entry.type === "directory") this.#directoryTimes.set(path, entry.modified);
    else this.#tree.setTime(place, entry.modified);
  }

  content(bytes: Buffer, offset: number): void {
    // A marker's, which should have none.
    if (!this.#file) return this.raw(bytes);
    this.#limits.countBytes(bytes.length);
    writeAll(this.#file.descriptor, bytes, offset);
    this.sizeBytes += bytes.length;
  }

  entryEnd(): void {
    const file = this.#file;
    if (!file) return;
    this.#file = undefined;
    const { entry, place, descriptor, path } = file;
    try {
      if (fstatSync(descriptor).size < entry.sizeBytes) ftruncateSync(descriptor, entry.sizeBytes);
      this.#describe(entry, place);
      this.#tree.setTime(place, entry.modified);
      if (entry.storedBytes >= WRITEBACK_BYTES) beginWriteback(descriptor);
    } finally {
      closeSync(descriptor);
    }
    const pieces = entry.sparse ?? [{ offset: 0, length: entry.storedBytes }];
    if (pieces !== "inData" && entry.storedBytes > 0) this.#skeleton.content(path, pieces);
  }

  /** All entries were there. */
  finish(): void {
    this.#skeleton.end();
    for (const [path, modified] of this.#directoryTimes) {
      const place = path === "" ? this.#tree.root : this.#tree.place(path, { make: false });
      const found = this.#tree.find(place);
      if (found && isDirectoryNode(found)) this.#tree.setTime(place, modified);
    }
  }

  [Symbol.dispose](): void {
    if (this.#file) closeSync(this.#file.descriptor);
    this.#file = undefined;
  }

  #mark(marker: Marker): void {
    switch (marker.kind) {
      case "ignored":
        return;
      case "opaque":
        return this.#makeOpaque(marker.path);
      case "whiteout":
        return this.#whiteOut(marker.path);
      default:
        assertNever(marker, "marker");
    }
  }

  #makeOpaque(path: string): void {
    if (path === "") return this.#tree.setAttribute(this.#tree.root, OPAQUE, YES);
    const place = this.#tree.place(path, { make: true });
    if (!this.#tree.find(place)) {
      this.#limits.countEntry();
      this.#tree.makeDirectory(place);
    }
    this.#tree.setAttribute(place, OPAQUE, YES);
  }

  #whiteOut(path: string): void {
    const place = this.#tree.place(path, { make: true });
    const found = this.#tree.find(place);
    if (!found) return this.#tree.makeNode(place, WHITEOUT);
    // What this layer has at the name stays, and what the layers below had is gone.
    if (isDirectoryNode(found)) this.#tree.setAttribute(place, OPAQUE, YES);
  }

  #root(entry: TarEntry): void {
    if (entry.type !== "directory") throw new ImageError("the root of the layer is no directory");
    this.#describe(entry, this.#tree.root);
    this.#directoryTimes.set("", entry.modified);
  }

  #openFile(entry: TarEntry, place: Place): void {
    let descriptor: number;
    try {
      descriptor = this.#tree.createFile(place);
    } catch (error) {
      if (errorCode(error) !== "EEXIST") throw error;
      this.#clear(place);
      descriptor = this.#tree.createFile(place);
    }
    this.#file = { entry, place, descriptor, path: place.path };
  }

  #make(entry: TarEntry, place: Place): void {
    const found = this.#tree.find(place);
    if (entry.type === "directory") return this.#makeDirectory(place, found);
    if (found) this.#clear(place);
    const { mode, major, minor, target } = entry;
    switch (entry.type) {
      case "symlink":
        return this.#tree.makeSymlink(place, target);
      case "link":
        return this.#tree.makeLink(place, entryPath(target));
      case "character":
        return this.#tree.makeNode(place, { mode: S_IFCHR | mode, major, minor });
      case "block":
        return this.#tree.makeNode(place, { mode: S_IFBLK | mode, major, minor });
      case "fifo":
        return this.#tree.makeNode(place, { mode: S_IFIFO | mode, major: 0, minor: 0 });
      case "file":
        return;
      default:
        assertNever(entry.type, "type of an entry");
    }
  }

  #makeDirectory(place: Place, found: ReturnType<Tree["find"]>): void {
    if (found && isDirectoryNode(found)) return;
    if (found) this.#clear(place);
    this.#tree.makeDirectory(place);
    if (found && isWhiteoutNode(found)) this.#tree.setAttribute(place, OPAQUE, YES);
  }

  /** Makes room for an entry. Files with bytes go aside: the archive cannot be made again without them. */
  #clear(place: Place): void {
    const found = this.#tree.find(place);
    if (!found) return;
    if (!isFileNode(found) && !isDirectoryNode(found)) return this.#tree.remove(place);
    const name = String(this.#asideCount++);
    this.#tree.moveAway(place, { directory: this.#aside(), name });
    this.#skeleton.aside(place.path, name);
  }

  /** Owner, mode, attributes; in this order: a new owner takes setuid and capabilities away. */
  #describe(entry: TarEntry, place: Place): void {
    if (entry.type === "link") return;
    this.#tree.setOwner(place, entry);
    if (entry.type !== "symlink") this.#tree.setMode(place, entry.mode);
    for (const [name, value] of entry.xattrs) {
      if (!OVERLAY_ATTRIBUTES.test(name)) this.#setAttribute(place, name, value);
    }
  }

  /** A file system without such attributes does without them, as in containerd. */
  #setAttribute(place: Place, name: string, value: Uint8Array): void {
    try {
      this.#tree.setAttribute(place, name, value);
    } catch (error) {
      const code = errorCode(error);
      const isUnknown = code === "EOPNOTSUPP" || code === "ENOTSUP";
      const isForbidden = code === "EPERM" && !name.startsWith("security.capability");
      if (!isUnknown && !isForbidden) throw error;
    }
  }
}
