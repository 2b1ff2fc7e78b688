/**
 * How many symbols of HPACK's Huffman code have so many bits (RFC 7541, appendix B). The code is
 * canonical: this is all it takes to see where a symbol ends.
 */
const SYMBOLS_BY_BITS = new Map<number, number>([
  [5, 10],
  [6, 26],
  [7, 32],
  [8, 6],
  [10, 5],
  [11, 3],
  [12, 2],
  [13, 6],
  [14, 2],
  [15, 3],
  [19, 3],
  [20, 8],
  [21, 13],
  [22, 26],
  [23, 29],
  [24, 12],
  [25, 4],
  [26, 15],
  [27, 19],
  [28, 29],
  [30, 4],
]);
const MOST_BITS = 30;

const codeOf = (code: number, bits: number): string => code.toString(2).padStart(bits, "0");

/** Characters that have codes of `bits` bits, in a row from `first` on. */
const run = (bits: number, first: number, characters: string): [code: string, text: string][] =>
  Array.from(characters, (character, index) => [codeOf(first + index, bits), character]);

/** The characters that names of methods and of header fields are made of, by their code. */
const CHARACTERS: ReadonlyMap<string, string> = new Map([
  ...run(5, 0, "012aceiost"),
  ...run(6, 21, "%-./3456789=A_bdfghlmnpru"),
  ...run(7, 93, "BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz"),
  ...run(8, 252, "XZ"),
]);

const COMMA = codeOf(0xfa, 8);
/** The last byte, which no UTF-8 text has. */
const LAST = codeOf(0x3ffffee, 26);

/**
 * Reads HPACK's Huffman code: letters, digits and what else names are made of as they are, `?` for
 * every other character. `undefined` for what is no text.
 */
export function huffmanText(coded: Uint8Array): string | undefined {
  return codesOf(coded)
    ?.map((code) => CHARACTERS.get(code) ?? "?")
    .join("");
}

/** The text with 0xFF in the place of its commas; `undefined` where it has none. */
export function withoutCommas(coded: Uint8Array): Buffer | undefined {
  const codes = codesOf(coded);
  if (!codes?.includes(COMMA)) return undefined;
  const bits = codes.map((code) => (code === COMMA ? LAST : code)).join("");
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte.padEnd(8, "1"), 2)));
}

/** The code of each character, in ones and zeros. */
function codesOf(coded: Uint8Array): readonly string[] | undefined {
  const codes: string[] = [];
  let code = 0;
  let bits = 0;
  let firstOfLength = 0;
  for (const byte of coded) {
    for (let bit = 7; bit >= 0; bit -= 1) {
      code = code * 2 + ((byte >> bit) & 1);
      bits += 1;
      firstOfLength = firstOfLength * 2;
      const symbols = SYMBOLS_BY_BITS.get(bits) ?? 0;
      if (bits > MOST_BITS) return undefined;
      if (code - firstOfLength < symbols) {
        codes.push(codeOf(code, bits));
        code = bits = firstOfLength = 0;
      } else firstOfLength += symbols;
    }
  }
  // What is left is padding: the beginning of the longest code, all ones.
  return bits < 8 && code === 2 ** bits - 1 ? codes : undefined;
}
