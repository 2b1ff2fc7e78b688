import type * as objects from "../object.ts";
import { row } from "./row.ts";

export const EVENTS = row<objects.Event>({
  group: "",
  version: "v1",
  kind: "Event",
  plural: "events",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Event",
  shortNames: ["ev"],
  volatile: ({ type }) => type === "Normal",
});
