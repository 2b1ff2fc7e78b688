import { CREATED_AT } from "../columns/column.ts";
import { setDefinitionDefaults } from "../crd/defaults.ts";
import type { CustomResourceDefinition } from "../crd/definition.ts";
import { validateDefinition, validateDefinitionUpdate } from "../crd/validate-definition.ts";
import { warnOfDefinition } from "../crd/warn-definition.ts";
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
  needsVersion: true,
  subresources: [statusOf({ kind: "CustomResourceDefinition", group: "apiextensions.k8s.io" })],
  columns: [CREATED_AT],
  setDefaults: setDefinitionDefaults,
  validate: validateDefinition,
  validateUpdate: validateDefinitionUpdate,
  warnings: warnOfDefinition,
});
