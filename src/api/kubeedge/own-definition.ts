import type { PrinterColumn } from "../crd/definition.ts";
import type { JsonSchemaProps } from "../crd/json-schema-props.ts";

/** A kind of KubeEdge, as short as it can be written. */
export interface OwnDefinition {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly shortNames?: readonly string[];
  readonly namespaced: boolean;
  readonly properties: Readonly<Record<string, JsonSchemaProps>>;
  readonly hasStatus?: boolean;
  readonly columns?: readonly PrinterColumn[];
}
