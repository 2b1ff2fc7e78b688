import type { Resource } from "../resource.ts";

/** The part of a resource row that the OpenAPI documents show. */
export type DescribedResource = Pick<
  Resource,
  | "group"
  | "version"
  | "kind"
  | "plural"
  | "namespaced"
  | "verbs"
  | "subresources"
  | "definition"
  | "custom"
>;
