import type { CustomResourceDefinition } from "./definition.ts";

/** Fills in what `apiextensions.k8s.io/v1` would, in place. */
export function setDefinitionDefaults(definition: CustomResourceDefinition): void {
  const { spec } = definition;
  if (spec === undefined) return;
  const { kind } = spec.names;
  const { webhook } = spec.conversion ?? {};
  const service = webhook?.clientConfig?.service;
  definition.spec = {
    ...spec,
    names: {
      ...spec.names,
      singular: spec.names.singular || kind.toLowerCase(),
      listKind: spec.names.listKind || (kind === "" ? "" : `${kind}List`),
    },
    conversion: {
      ...spec.conversion,
      strategy: spec.conversion?.strategy || "None",
      ...(webhook && {
        webhook: {
          ...webhook,
          ...(service && {
            clientConfig: {
              ...webhook.clientConfig,
              service: { ...service, port: service.port ?? 443 },
            },
          }),
        },
      }),
    },
  };
}
