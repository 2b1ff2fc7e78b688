import { PRIORITY_CLASS_COLUMNS } from "../columns/classes.ts";
import { setPriorityClassDefaults } from "../defaults/classes.ts";
import type * as objects from "../object.ts";
import { validatePriorityClass, validatePriorityClassUpdate } from "../validation/classes.ts";
import { row } from "./row.ts";

export const PRIORITY_CLASSES = row<objects.PriorityClass>({
  group: "scheduling.k8s.io",
  version: "v1",
  kind: "PriorityClass",
  plural: "priorityclasses",
  namespaced: false,
  definition: "io.k8s.api.scheduling.v1.PriorityClass",
  shortNames: ["pc"],
  hasGeneration: true,
  columns: PRIORITY_CLASS_COLUMNS,
  setDefaults: setPriorityClassDefaults,
  validate: validatePriorityClass,
  validateUpdate: validatePriorityClassUpdate,
});
