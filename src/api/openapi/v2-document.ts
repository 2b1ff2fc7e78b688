import type { GroupVersionKind } from "../resource.ts";
import type { Parameter } from "./parameters.ts";
import type { JsonSchema } from "./schemas.ts";

export interface V2BodyParameter {
  readonly name: "body";
  readonly in: "body";
  readonly required: boolean;
  readonly schema: JsonSchema;
}

export type V2Parameter = V2BodyParameter | (Parameter & { readonly required: boolean });

export interface V2Operation {
  readonly operationId: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly parameters: readonly V2Parameter[];
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly schema?: JsonSchema }>
  >;
  /** Absent of paths that belong to no kind. */
  readonly "x-kubernetes-action"?: string;
  readonly "x-kubernetes-group-version-kind"?: GroupVersionKind;
}

export interface V2Document {
  readonly swagger: "2.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<string, V2Operation>>>>>;
  readonly definitions: Readonly<Record<string, JsonSchema>>;
}
