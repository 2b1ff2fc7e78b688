import { age } from "../duration-text.ts";
import type { Container, KubeObject, LabelSelector } from "../object.ts";
import type { Column, FieldText } from "../resource.ts";
import { matcherOf } from "../selector.ts";

type Cell<T extends KubeObject> = Column<T>["cell"];

type Text = Pick<Column<KubeObject>, "name" | "description">;

/** What the schema says of a field, which is what most columns are described with. */
export const fieldText = (definition: string, field: string): FieldText => ({ definition, field });

/** A selector as a cell. */
export function selectorText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return "<none>";
  return String(matcherOf(selector)) || "<none>";
}

/** A column of strings that is always shown. */
export function text<T extends KubeObject>({ name, description }: Text, cell: Cell<T>): Column<T> {
  return { name, type: "string", description, priority: 0, cell };
}

/** A column of numbers that is always shown. */
export function integer<T extends KubeObject>(
  { name, description }: Text,
  cell: Cell<T>,
): Column<T> {
  return { name, type: "integer", description, priority: 0, cell };
}

/** A column that only `-o wide` shows. */
export function wide<T extends KubeObject>(column: Column<T>): Column<T> {
  return { ...column, priority: 1 };
}

/** A column of truth values that is always shown. */
export function boolean<T extends KubeObject>(
  { name, description }: Text,
  cell: Cell<T>,
): Column<T> {
  return { name, type: "boolean", description, priority: 0, cell };
}

/** What an object is called. */
export const NAME: Column<KubeObject> = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  priority: 0,
  cell: ({ metadata }) => metadata?.name ?? "",
};

/** The name, and a mark on what is taken where nothing is asked for: what has one of `annotations`. */
export function nameWithDefault(...annotations: readonly string[]): Column<KubeObject> {
  return {
    ...NAME,
    cell: ({ metadata }) => {
      const { name = "", annotations: given = {} } = metadata ?? {};
      return annotations.some((key) => given[key] === "true") ? `${name} (default)` : name;
    },
  };
}

/** How long ago the object was created. */
export const AGE: Column<KubeObject> = text(
  {
    name: "Age",
    description:
      "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  },
  ({ metadata }, now) => age(metadata?.creationTimestamp, now),
);

/** The columns of a workload's containers, for `-o wide`. */
export function containerColumns<T extends KubeObject>(
  containersOf: (object: T) => readonly Container[] | undefined,
): readonly Column<T>[] {
  const joined = (key: "name" | "image") => (object: T) =>
    (containersOf(object) ?? []).map((container) => container[key] ?? "").join(",");
  return [
    wide(
      text(
        { name: "Containers", description: "Names of each container in the template." },
        joined("name"),
      ),
    ),
    wide(
      text(
        { name: "Images", description: "Images referenced by each container in the template." },
        joined("image"),
      ),
    ),
  ];
}

/** When the object was created: what kinds show that have no columns of their own. */
export const CREATED_AT: Column<KubeObject> = {
  ...AGE,
  name: "Created At",
  type: "date",
  cell: ({ metadata }) => metadata?.creationTimestamp ?? "",
};
