import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A value's forms that give it away: as it is, in hex, and in base64 wherever it begins in a longer text. */
export function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  const hex = bytes.toString("hex");
  const base64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // Characters that bytes before or after the value have a part in say nothing.
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    return text.slice(from, to);
  });
  const url = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [...new Set([value, hex, hex.toUpperCase(), ...base64, ...url])];
}

/** Paths of the files below a directory, on its own disk, that hold a value in one of its forms. */
export function filesWith(value: string, directory: string): readonly string[] {
  const forms = formsOf(value).map((form) => Buffer.from(form));
  const { dev } = lstatSync(directory);
  const found: string[] = [];
  const search = (path: string): void => {
    const status = lstatSync(path);
    // Other file systems are in memory.
    if (status.dev !== dev) return;
    if (status.isDirectory()) for (const name of readdirSync(path)) search(join(path, name));
    if (!status.isFile()) return;
    const content = readFileSync(path);
    if (forms.some((form) => content.includes(form))) found.push(path);
  };
  search(directory);
  return found;
}
