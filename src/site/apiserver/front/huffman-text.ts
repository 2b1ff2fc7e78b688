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

/** The characters that names of methods are made of, by length and value of their code. */
const CHARACTERS: ReadonlyMap<string, string> = new Map([
  ["6:22", "-"],
  ["6:33", "A"],
  ...Array.from("BCDEFGHIJKLMNOPQRSTUVWY", (letter, index) => [`7:${93 + index}`, letter] as const),
  ["8:252", "X"],
  ["8:253", "Z"],
]);

/**
 * Reads HPACK's Huffman code: capital letters and `-` as they are, `?` for every other character.
 * `undefined` for what is no text.
 */
export function huffmanText(coded: Uint8Array): string | undefined {
  let text = "";
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
        text += CHARACTERS.get(`${bits}:${code}`) ?? "?";
        code = bits = firstOfLength = 0;
      } else firstOfLength += symbols;
    }
  }
  // What is left is padding: the beginning of the longest code, all ones.
  return bits < 8 && code === 2 ** bits - 1 ? text : undefined;
}
