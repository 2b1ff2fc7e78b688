const RESERVED = new Set(
  "as break const continue else false for function if import in let loop package namespace null return true var void while".split(
    " ",
  ),
);

/** True for words that may follow a dot, and are no names of their own. */
export const isReserved = (name: string): boolean => RESERVED.has(name);
