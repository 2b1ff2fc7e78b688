import { BLOCK_BYTES, paddingOf } from "./field.ts";

/** A file of an archive that is written here: short ASCII names, no owner, no time. */
export interface WrittenFile {
  readonly name: string;
  readonly sizeBytes: number;
}

const LARGEST_OCTAL = 0o77777777777;

/** The ustar header of a file; sizes of 8 GiB and more as GNU and star write them. */
export function headerBlock({ name, sizeBytes }: WrittenFile): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.write(name, 0, 100, "latin1");
  block.write("0000644\0" + "0000000\0" + "0000000\0", 100, "latin1");
  if (sizeBytes <= LARGEST_OCTAL) {
    block.write(`${sizeBytes.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  } else {
    block.writeBigUInt64BE(BigInt(sizeBytes), 128);
    block.writeUInt8(0x80, 124);
  }
  block.write("00000000000\0", 136, "latin1");
  block.write(" ".repeat(8), 148, "latin1");
  block.write("0", 156, "latin1");
  block.write("ustar\0" + "00", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** What fills the last block of a file up. */
export function padding(sizeBytes: number): Buffer {
  return Buffer.alloc(paddingOf(sizeBytes));
}

/** The end of an archive. */
export const ARCHIVE_END: Uint8Array = Buffer.alloc(2 * BLOCK_BYTES);
