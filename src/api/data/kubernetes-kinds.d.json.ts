/** Imported as text, parsed once. */
declare const text: string;
export = text;
