import type { CustomResourceDefinition } from "../crd/definition.ts";
import { APPLICATIONS, RULES_AND_SYNCS } from "./applications.ts";
import { DEVICES } from "./devices.ts";
import { OPERATIONS } from "./operations.ts";
import type { OwnDefinition } from "./own-definition.ts";

/** Whose definition it is and how new: a greater number replaces a smaller one. */
export const REVISION_ANNOTATION = "edgesite.kubeedge.io/definition-revision";
const REVISION = 1;

/** The kinds of KubeEdge that every site has. */
export const KUBEEDGE_DEFINITIONS: readonly CustomResourceDefinition[] = [
  ...DEVICES,
  ...RULES_AND_SYNCS,
  ...APPLICATIONS,
  ...OPERATIONS,
].map(definitionOf);

/** True where a definition is ours and older than this release's. */
export function isOutdated({ metadata }: CustomResourceDefinition): boolean {
  const revision = metadata?.annotations?.[REVISION_ANNOTATION];
  return revision !== undefined && Number(revision) < REVISION;
}

function definitionOf(own: OwnDefinition): CustomResourceDefinition {
  const { group, version, kind, plural, shortNames, namespaced, properties } = own;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      annotations: { [REVISION_ANNOTATION]: String(REVISION) },
    },
    spec: {
      group,
      scope: namespaced ? "Namespaced" : "Cluster",
      names: { kind, plural, ...(shortNames && { shortNames }) },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: "object", properties } },
          ...(own.hasStatus && { subresources: { status: {} } }),
          ...(own.columns && { additionalPrinterColumns: own.columns }),
        },
      ],
    },
  };
}
