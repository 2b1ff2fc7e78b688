import type { ComponentStatus } from "../object.ts";
import type { Column } from "../resource.ts";
import { text } from "./column.ts";

const healthOf = ({ conditions }: ComponentStatus) =>
  conditions?.find(({ type }) => type === "Healthy");

function stateOf(component: ComponentStatus): string {
  const health = healthOf(component);
  if (health === undefined) return "Unknown";
  return health.status === "True" ? "Healthy" : "Unhealthy";
}

export const COMPONENT_STATUS_COLUMNS: readonly Column<ComponentStatus>[] = [
  text({ name: "Status", description: "Status of the component conditions" }, stateOf),
  text(
    { name: "Message", description: "Message of the component conditions" },
    (component) => healthOf(component)?.message ?? "",
  ),
  text(
    { name: "Error", description: "Error of the component conditions" },
    (component) => healthOf(component)?.error ?? "",
  ),
];
