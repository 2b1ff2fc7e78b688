import { isJsonObject } from "../codec/json-value.ts";
import {
  hasProperty,
  itemsOf,
  type JsonSchemaProps,
  propertyOf,
  RESOURCE_FIELDS,
} from "./json-schema-props.ts";

/**
 * Removes, in place, what a structural schema does not know. The value is a resource: its
 * apiVersion, kind and metadata stay. Answers the paths of what went, sorted.
 */
export function prune(resource: Record<string, unknown>, schema: JsonSchemaProps): string[] {
  const pruner = new Pruner();
  pruner.object(resource, { ...schema, "x-kubernetes-embedded-resource": true });
  return pruner.removed.sort();
}

class Pruner {
  readonly removed: string[] = [];
  readonly #path: string[] = [];

  #value(value: unknown, schema: JsonSchemaProps | undefined): void {
    if (Array.isArray(value)) this.#list(value, schema);
    else if (isJsonObject(value)) this.object(value, schema);
  }

  object(value: Record<string, unknown>, schema: JsonSchemaProps | undefined): void {
    for (const [name, child] of Object.entries(value)) {
      if (schema?.["x-kubernetes-embedded-resource"] && RESOURCE_FIELDS.includes(name)) continue;
      this.#path.push(`.${name}`);
      if (schema !== undefined && hasProperty(schema, name)) {
        this.#value(child, propertyOf(schema, name));
      } else if (schema?.["x-kubernetes-preserve-unknown-fields"] !== true) {
        this.removed.push(this.#path.join("").slice(1));
        delete value[name];
      }
      this.#path.pop();
    }
  }

  #list(elements: readonly unknown[], schema: JsonSchemaProps | undefined): void {
    const items = schema && itemsOf(schema);
    // What is preserved whole is not looked into.
    if (items === undefined && schema?.["x-kubernetes-preserve-unknown-fields"]) return;
    for (const [index, element] of elements.entries()) {
      this.#path.push(`[${index}]`);
      this.#value(element, items);
      this.#path.pop();
    }
  }
}
