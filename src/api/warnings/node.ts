import type { Node } from "../object.ts";

/** What the writer of a node is told. */
export function warnOfNode({ spec }: Node): string[] {
  if (!spec?.externalID) return [];
  return ["spec.externalID: this field is deprecated, and is unused by Kubernetes"];
}
