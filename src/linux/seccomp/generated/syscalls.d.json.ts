/** Imported as text: parsing it is cheaper than carrying it as code. Made by build/syscalls.ts. */
declare const text: string;
export = text;
