import { Quantity } from "../quantity.ts";

/** Warnings of amounts of bytes that are not whole. */
export function fractionWarnings(
  amounts: Readonly<Record<string, string>> | undefined,
  path: string,
  names: readonly string[],
): string[] {
  return names.flatMap((name) => {
    const given = amounts?.[name];
    const amount = given === undefined ? undefined : Quantity.tryParse(given);
    if (amount === undefined || amount.milli % 1000n === 0n) return [];
    const told = JSON.stringify(amount.toString());
    return [`${path}[${name}]: fractional byte value ${told} is invalid, must be an integer`];
  });
}
