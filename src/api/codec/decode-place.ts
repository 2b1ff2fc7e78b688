import type { Field, ObjectType } from "../schema.ts";
import { structName } from "./go-types.ts";

/** As many as Kubernetes reports. */
const MAX_UNKNOWN_FIELDS = 100;

interface Step {
  /** A field's name, a key of a map or an index. */
  readonly key: string | number;
  /** Of a field: what it is, and the struct that has it. */
  readonly of?: { readonly struct: ObjectType; readonly field: Field };
}

/** What Go calls the elements of a type: `v1.Capability` of `[]v1.Capability`. */
const elementName = (goType: string): string | undefined =>
  /^(?:\[\]|map\[[^\]]*\])(.+)$/.exec(goType)?.[1];

/** Where in a document a decoder is, as its errors say it. */
export class DecodePlace {
  /** Paths of fields that no struct has; at most 100. */
  readonly unknownFields: string[] = [];
  readonly #steps: Step[] = [];

  /** Goes on to a field of a struct. */
  enterField(struct: ObjectType, field: Field): void {
    this.#steps.push({ key: field.name, of: { struct, field } });
  }

  /** Goes on to an element of a list or of a map. */
  enterElement(key: string | number): void {
    this.#steps.push({ key });
  }

  leave(): void {
    this.#steps.pop();
  }

  /** What Go calls the type here, where that says more than its shape. */
  get goType(): string | undefined {
    const last = this.#steps.findLastIndex(({ of }) => of !== undefined);
    let name = this.#steps[last]?.of?.field.goType;
    for (let depth = this.#steps.length - 1 - last; depth > 0 && name !== undefined; depth -= 1)
      name = elementName(name);
    return name;
  }

  /** Whether it is this field of the document itself. */
  isAt(...path: readonly string[]): boolean {
    return (
      path.length === this.#steps.length &&
      path.every((key, index) => this.#steps[index]?.key === key)
    );
  }

  reportUnknown(name: string): void {
    if (this.unknownFields.length >= MAX_UNKNOWN_FIELDS) return;
    const keys = [...this.#steps.map(({ key }) => key), name];
    const texts = keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`));
    this.unknownFields.push(texts.join("").slice(1));
  }

  /** `struct field PodSpec.spec.nodeName of`, as errors of Go's decoder name a place. */
  toString(): string {
    const fields = this.#steps.flatMap(({ of }) => of ?? []);
    const struct = fields.at(-1)?.struct;
    if (struct === undefined) return "value of";
    const names = fields.map(({ field: { name, embeddedIn } }) =>
      embeddedIn === undefined ? name : `${embeddedIn}.${name}`,
    );
    return `struct field ${structName(struct)}.${names.join(".")} of`;
  }
}
