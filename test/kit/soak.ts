/** How often a test repeats: the gate has minutes, `npm run soak` has hours. */
export function rounds({ gate, soak }: { readonly gate: number; readonly soak: number }): number {
  return process.env["EDGESITE_SOAK"] === "1" ? soak : gate;
}
