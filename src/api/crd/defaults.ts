import type { CustomResourceDefinition } from "./definition.ts";

/** Fills in what `apiextensions.k8s.io/v1` would, in place. */
export function setDefinitionDefaults(definition: CustomResourceDefinition): void {
  const { spec } = definition;
  if (spec === undefined) return;
  const { versions = [], names } = spec;
  const { kind } = names;
  const { webhook } = spec.conversion ?? {};
  const service = webhook?.clientConfig?.service;
  definition.spec = {
    ...spec,
    // Clients may leave out what must not be empty.
    versions,
    names: {
      ...names,
      singular: names.singular || kind.toLowerCase(),
      listKind: names.listKind || (kind === "" ? "" : `${kind}List`),
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
