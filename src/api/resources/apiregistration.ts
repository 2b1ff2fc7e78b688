import { API_SERVICE_COLUMNS } from "../columns/api-service.ts";
import { CHANGED_THEN_NEW } from "../looks.ts";
import type * as objects from "../object.ts";
import { validateApiService, validateApiServiceStatus } from "../validation/api-service.ts";
import { emptyStatus, OWN_METADATA, row, statusOf } from "./row.ts";

const HTTPS_PORT = 443;

export const API_SERVICES = row<objects.APIService>({
  group: "apiregistration.k8s.io",
  version: "v1",
  kind: "APIService",
  plural: "apiservices",
  namespaced: false,
  definition: "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService",
  statusKeeps: OWN_METADATA,
  changeLooks: CHANGED_THEN_NEW,
  anyFinalizer: true,
  needsVersion: true,
  categories: ["api-extensions"],
  subresources: [statusOf({ kind: "APIService", group: "apiregistration.k8s.io" })],
  nameFormat: "pathSegment",
  columns: API_SERVICE_COLUMNS,
  setDefaults({ spec }) {
    if (spec?.service) spec.service.port ??= HTTPS_PORT;
  },
  prepareForCreate: emptyStatus,
  validate: validateApiService,
  validateStatus: validateApiServiceStatus,
});
