/** Sources of machine/compile.ts are imported as text. */
declare module "*.low" {
  const text: string;
  export = text;
}
