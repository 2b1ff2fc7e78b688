import { age } from "../duration-text.ts";
import type { Container, KubeObject } from "../object.ts";
import type { Column } from "../resource.ts";

type Cell<T extends KubeObject> = Column<T>["cell"];

interface Text {
  readonly name: string;
  readonly description: string;
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
