import type { CustomResourceDefinition, DefinedVersion } from "#api/crd/definition.ts";
import type { JsonSchemaProps } from "#api/crd/json-schema-props.ts";

/** The definition of `widgets.example.com`, of one version, with this schema of its spec. */
export function widgetDefinition(
  spec: JsonSchemaProps,
  version: Partial<DefinedVersion> = {},
): CustomResourceDefinition {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget", shortNames: ["wg"], categories: ["all"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: {
                spec,
                status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
              },
            },
          },
          subresources: { status: {} },
          ...version,
        },
      ],
    },
  };
}

/** A Widget in the namespace `default`. */
export function widget(name: string, spec: object): object {
  return { apiVersion: "example.com/v1", kind: "Widget", metadata: { name }, spec };
}
