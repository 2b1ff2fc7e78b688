/** What an entry of a tar archive is. */
export type EntryType = "file" | "link" | "symlink" | "character" | "block" | "directory" | "fifo";

/** Bytes of a file with holes that are not holes. */
export interface Segment {
  readonly offset: number;
  readonly length: number;
}

/** Where the holes of a file are told: in its headers, or in front of its bytes (GNU PAX 1.0). */
export type SparseMap = readonly Segment[] | "inData";

/** Seconds and nanoseconds since 1970. */
export interface EntryTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/**
 * One entry of a tar archive. Names are byte strings, one character for each byte: a file system
 * does not care whether they are UTF-8.
 */
export interface TarEntry {
  readonly type: EntryType;
  readonly path: string;
  /** What a link leads to. */
  readonly target: string;
  /** Permissions, with setuid, setgid and sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modified: EntryTime;
  /** Of a file, its holes included. */
  readonly sizeBytes: number;
  /** What of it stands in the archive. */
  readonly storedBytes: number;
  readonly sparse?: SparseMap;
  readonly major: number;
  readonly minor: number;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

/** A name for people: the bytes as UTF-8. */
export function readable(name: string): string {
  return Buffer.from(name, "latin1").toString();
}
