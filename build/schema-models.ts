/** Reads the model classes of @kubernetes/client-node as text: the descriptions live only in the `.d.ts`. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

export interface Model {
  readonly description: string;
  /** From wire name to description, `""` where there is none. */
  readonly properties: Readonly<Record<string, string>>;
}

const MODELS = join(import.meta.dir, "../node_modules/@kubernetes/client-node/dist/gen/models");

const CLASS = /(?:\/\*\*\n\* ([^\n]*)\n\*\/\n)?export declare class \w+/;
const PROPERTY = / {4}\/\*\*\n {4}\* ([^\n]*)\n {4}\*\/\n {4}'(\w+)'\??:/g;
const WIRE_NAME = /"name": "(\w+)",\s+"baseName": "([^"]+)"/g;

const plain = (text = ""): string => text.replaceAll(/\\(['"\\`])/g, "$1").trim();

function parseModel(declaration: string, code: string): Model {
  const documented = [...declaration.matchAll(PROPERTY)];
  const descriptions = new Map(documented.map(([, text, name]) => [name, plain(text)]));
  const properties = [...code.matchAll(WIRE_NAME)].map(
    ([, name, wireName = ""]) => [wireName, descriptions.get(name) ?? ""] as const,
  );
  return {
    description: plain(CLASS.exec(declaration)?.[1]),
    properties: Object.fromEntries(properties),
  };
}

/** All model classes by name. */
export async function loadModels(): Promise<ReadonlyMap<string, Model>> {
  const names = (await readdir(MODELS))
    .filter((file) => file.endsWith(".d.ts"))
    .map((file) => file.slice(0, -".d.ts".length));
  const read = (file: string) => Bun.file(join(MODELS, file)).text();
  const entries = names.map(async (name) => {
    const [declaration, code] = await Promise.all([read(`${name}.d.ts`), read(`${name}.js`)]);
    return [name, parseModel(declaration, code)] as const;
  });
  return new Map(await Promise.all(entries));
}
