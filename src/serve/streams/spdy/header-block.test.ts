import { describe, expect, test } from "bun:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { HeaderPacker, HeaderUnpacker } from "./header-block.ts";
import { headerDictionary } from "./header-dictionary.ts";
import { SpdyError } from "./spdy-error.ts";

describe("SPDY header blocks", () => {
  test("are primed with the dictionary of SPDY/3", () => {
    expect(headerDictionary.length).toBe(1423);
    // The Adler-32 of the dictionary is the id that every SPDY/3 peer puts into its first block.
    expect(new HeaderPacker().pack({}).subarray(2, 6)).toEqual(Buffer.from("e3c6a7c2", "hex"));
  });

  test("come out as they went in, block after block", () => {
    const headers = fc.dictionary(
      fc.string({ minLength: 1 }).map((name) => name.toLowerCase()),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(headers, { maxLength: 8 }), (blocks) => {
        const packer = new HeaderPacker();
        const unpacker = new HeaderUnpacker();
        for (const block of blocks) {
          expect({ ...unpacker.unpack(packer.pack(block)) }).toEqual({ ...block });
        }
      }),
    );
  });

  test("have lower-case names", () => {
    const packed = new HeaderPacker().pack({ StreamType: "stdin" });
    expect(new HeaderUnpacker().unpack(packed)["streamtype"]).toBe("stdin");
  });

  test("that are damaged end in SpdyError", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        expect(() => new HeaderUnpacker().unpack(noise)).toThrow(SpdyError);
      }),
    );
  });

  test("that unpack to far more than headers can be are refused", () => {
    const bomb = deflateSync(Buffer.alloc(8 * 1024 * 1024), { dictionary: headerDictionary });
    expect(() => new HeaderUnpacker().unpack(bomb)).toThrow("too large");
  });
});
