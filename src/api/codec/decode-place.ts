import type { Field, ObjectType } from "../schema.ts";
import { structName } from "./go-types.ts";

/** As many as Kubernetes reports. */
const MAX_UNKNOWN_FIELDS = 100;

interface Step {
  /** A field's name, a key of a map or an index. */
  readonly key: string | number;
  /** Of a field: its struct, and its name with those of the structs that declare it. */
  readonly declared?: { readonly struct: ObjectType; readonly names: string };
  /** What Go calls the type of the value, where that says more than its shape. */
  readonly goType: string | undefined;
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
  enterField(struct: ObjectType, { name, goType, embeddedIn }: Field): void {
    const names = embeddedIn === undefined ? name : `${embeddedIn}.${name}`;
    this.#steps.push({ key: name, declared: { struct, names }, goType });
  }

  /** Goes on to an element of a list or of a map. */
  enterElement(key: string | number): void {
    const { goType } = this;
    this.#steps.push({ key, goType: goType === undefined ? undefined : elementName(goType) });
  }

  leave(): void {
    this.#steps.pop();
  }

  /** What Go calls the type here, where that says more than its shape. */
  get goType(): string | undefined {
    return this.#steps.at(-1)?.goType;
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
    const declared = this.#steps.flatMap((step) => step.declared ?? []);
    const struct = declared.at(-1)?.struct;
    if (struct === undefined) return "value of";
    return `struct field ${structName(struct)}.${declared.map(({ names }) => names).join(".")} of`;
  }
}
