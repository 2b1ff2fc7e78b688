import type { ComponentStatus } from "../object.ts";
import type { Column } from "../resource.ts";
import { text } from "./column.ts";

const STATES: ReadonlyMap<string | undefined, string> = new Map([
  ["True", "Healthy"],
  ["False", "Unhealthy"],
]);

const healthOf = ({ conditions }: ComponentStatus) =>
  conditions?.find(({ type }) => type === "Healthy");

export const COMPONENT_STATUS_COLUMNS: readonly Column<ComponentStatus>[] = [
  text(
    { name: "Status", description: "Status of the component conditions" },
    (component) => STATES.get(healthOf(component)?.status) ?? "Unknown",
  ),
  text(
    { name: "Message", description: "Message of the component conditions" },
    (component) => healthOf(component)?.message ?? "",
  ),
  text(
    { name: "Error", description: "Error of the component conditions" },
    (component) => healthOf(component)?.error ?? "",
  ),
];
