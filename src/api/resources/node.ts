import { RUNTIME_CLASS_COLUMNS } from "../columns/classes.ts";
import { setRuntimeClassDefaults } from "../defaults/classes.ts";
import { NEW_THEN_CHANGED } from "../looks.ts";
import type * as objects from "../object.ts";
import { validateRuntimeClass, validateRuntimeClassUpdate } from "../validation/classes.ts";
import { row } from "./row.ts";

export const RUNTIME_CLASSES = row<objects.RuntimeClass>({
  group: "node.k8s.io",
  version: "v1",
  kind: "RuntimeClass",
  plural: "runtimeclasses",
  namespaced: false,
  definition: "io.k8s.api.node.v1.RuntimeClass",
  changeLooks: NEW_THEN_CHANGED,
  needsVersion: true,
  createsOnUpdate: true,
  anyFinalizer: true,
  columns: RUNTIME_CLASS_COLUMNS,
  setDefaults: setRuntimeClassDefaults,
  validate: validateRuntimeClass,
  validateUpdate: validateRuntimeClassUpdate,
});
