import type * as objects from "../object.ts";
import { row, statusOf } from "./row.ts";

export const API_SERVICES = row<objects.APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  namespaced: false,
  definition: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  categories: ["api-extensions"],
  subresources: [statusOf({ kind: "APIService", group: "apiregistration.k8s.io" })],
});
