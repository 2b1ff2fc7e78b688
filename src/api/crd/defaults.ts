import type { CustomResourceDefinition, DefinitionSpec } from "./definition.ts";

/** What Go would read where nothing was written; validation finds all of it wrong. */
const NOTHING: DefinitionSpec = {
  group: "",
  names: { plural: "", kind: "" },
  scope: "",
  versions: [],
};

/** Fills in what `apiextensions.k8s.io/v1` would, in place. */
export function setDefinitionDefaults(definition: CustomResourceDefinition): void {
  const given: Partial<DefinitionSpec> = definition.spec ?? {};
  const spec = { ...NOTHING, ...given, names: { ...NOTHING.names, ...given.names } };
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
      strategy: spec.conversion === undefined ? "None" : (spec.conversion.strategy ?? ""),
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
