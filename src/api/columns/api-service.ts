import type { APIService } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, text } from "./column.ts";

function available({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === "Available");
  if (condition === undefined) return "Unknown";
  const { status: is, reason } = condition;
  return is !== "True" && reason ? `${is} (${reason})` : is;
}

/** The columns of `kubectl get apiservices`. */
export const API_SERVICE_COLUMNS: readonly Column<APIService>[] = [
  text(
    { name: "Service", description: "The reference to the service that hosts this API endpoint." },
    ({ spec }) => {
      const { service } = spec ?? {};
      return service ? `${service.namespace}/${service.name}` : "Local";
    },
  ),
  text({ name: "Available", description: "Whether this service is available." }, available),
  AGE,
];
