import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

export const SERVICES = row<objects.Service>({
  group: "",
  version: "v1",
  kind: "Service",
  plural: "services",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Service",
  shortNames: ["svc"],
  categories: ["all"],
  subresources: [statusOf({ kind: "Service", group: "" })],
});

export const ENDPOINTS = row<objects.Endpoints>({
  group: "",
  version: "v1",
  kind: "Endpoints",
  plural: "endpoints",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Endpoints",
  shortNames: ["ep"],
});
