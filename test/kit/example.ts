import { parseAllDocuments } from "yaml";
import { type KubeObject, namespaceOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { RESOURCES } from "#api/resources.ts";
import type { Verbs } from "#api/verbs.ts";

const KINDS: readonly Resource[] = RESOURCES;

/** Creates all of examples/hello.yaml. */
export async function createExample(verbs: Verbs): Promise<void> {
  const text = await Bun.file("examples/hello.yaml").text();
  for (const document of parseAllDocuments(text)) {
    const object: KubeObject = document.toJS();
    const resource = KINDS.find(({ kind }) => kind === object.kind);
    if (resource === undefined) throw new Error(`Unknown kind ${object.kind}`);
    await verbs.create({ resource, namespace: namespaceOf(object) }, object);
  }
}
