/** Imported as text: parsing it is cheaper than carrying it as code. */
declare const text: string;
export = text;
