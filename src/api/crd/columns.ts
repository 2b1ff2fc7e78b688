import { jsonText } from "#lib/json-text.ts";
import { AGE } from "../columns/column.ts";
import { age } from "../duration-text.ts";
import type { KubeObject } from "../object.ts";
import type { Column } from "../resource.ts";
import type { PrinterColumn } from "./definition.ts";
import { parseJsonPath } from "./json-path.ts";

const TYPES: readonly Column<KubeObject>["type"][] = [
  "string",
  "integer",
  "number",
  "boolean",
  "date",
];

/** The columns of a custom kind: those that its definition asks for, else its age. */
export function customColumns(
  columns: readonly PrinterColumn[] | undefined,
): readonly Column<KubeObject>[] {
  if (columns === undefined || columns.length === 0) return [{ ...AGE, type: "date" }];
  return columns.map((column): Column<KubeObject> => {
    const { name, jsonPath, format, priority = 0 } = column;
    const type = TYPES.find((one) => one === column.type) ?? "string";
    const read = parseJsonPath(jsonPath);
    const description =
      column.description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`;
    return {
      name,
      type,
      ...(format !== undefined && { format }),
      description,
      priority,
      cell: (object, now) => cellOf(read?.(object)[0], { type, now }),
    };
  });
}

const isNumber = (value: unknown): value is number | bigint =>
  typeof value === "number" || typeof value === "bigint";

function cellOf(
  value: unknown,
  { type, now }: { readonly type: Column<KubeObject>["type"]; readonly now: Date },
): string | number | boolean | null {
  if (value === undefined || value === null) return null;
  switch (type) {
    case "string":
      return typeof value === "string" ? value : jsonText(value);
    case "integer":
      return isNumber(value) ? Math.trunc(Number(value)) : null;
    case "number":
      return isNumber(value) ? Number(value) : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      if (typeof value !== "string") return null;
      return Number.isNaN(Date.parse(value)) ? "<invalid>" : age(value, now);
  }
}
