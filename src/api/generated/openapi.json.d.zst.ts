/** The path of the file, in the binary too. Made by build/schema.ts. */
declare const path: string;
export = path;
