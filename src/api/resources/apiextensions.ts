import { setDefinitionDefaults } from "../crd/defaults.ts";
import type { CustomResourceDefinition } from "../crd/definition.ts";
import { validateDefinition, validateDefinitionUpdate } from "../crd/validate-definition.ts";
import { row, statusOf } from "./row.ts";

export const CUSTOM_RESOURCE_DEFINITIONS = row<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
  definition: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
  shortNames: ["crd", "crds"],
  categories: ["api-extensions"],
  hasGeneration: true,
  anyFinalizer: true,
  subresources: [statusOf({ kind: "CustomResourceDefinition", group: "apiextensions.k8s.io" })],
  columns: [
    {
      name: "Created At",
      type: "date",
      description:
        "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
      priority: 0,
      cell: ({ metadata }) => metadata?.creationTimestamp ?? null,
    },
  ],
  setDefaults: setDefinitionDefaults,
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
});
