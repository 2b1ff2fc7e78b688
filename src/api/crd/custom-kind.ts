import type { KubeObject } from "../object.ts";
import type { ByWebhook } from "./converted-forms.ts";
import type { StrayNulls } from "./default.ts";
import type { ScalePaths } from "./definition.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";

/** A value in normal form. */
export interface NormalizedObject {
  readonly value: KubeObject;
  /** Paths of the fields that were not known and are gone. */
  readonly unknownFields: readonly string[];
}

/** What a row has of a CustomResourceDefinition that no built-in kind has. */
export interface CustomKind {
  readonly schema: JsonSchemaProps;
  readonly selectableFields: readonly string[];
  readonly scale: ScalePaths | undefined;
  /** Absent where all versions are alike but for their `apiVersion`. */
  readonly conversion?: ByWebhook;
  /**
   * Brings what came from outside into normal form: metadata as Go writes it, defaults filled in,
   * unknown fields gone. The result shares nothing with `value`. Nulls that the schema does not
   * allow are dropped, unless they are kept: they come from an applied configuration, and are
   * refused later on.
   * @throws DecodeError
   */
  normalize(value: unknown, nulls?: StrayNulls): NormalizedObject;
}
