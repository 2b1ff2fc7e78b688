import { FLOWS, PRIORITY_LEVELS } from "#api/flow-control.ts";
import { type FlowSchema, nameOf } from "#api/object.ts";
import { FLOW_SCHEMAS, PRIORITY_LEVEL_CONFIGURATIONS } from "#api/resources.ts";
import type { Verbs } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
import { ensure } from "./ensure.ts";

/** Makes sure of the priority levels and flow schemas that every cluster has. */
export async function ensureFlowControl(verbs: Verbs, now: Date): Promise<void> {
  await Promise.all(
    PRIORITY_LEVELS.map((level) => ensure(verbs, PRIORITY_LEVEL_CONFIGURATIONS, level)),
  );
  await Promise.all(FLOWS.map((flow) => ensureFlow(verbs, { flow, now })));
}

async function ensureFlow(
  verbs: Verbs,
  { flow, now }: { flow: FlowSchema; now: Date },
): Promise<void> {
  if (!(await ensure(verbs, FLOW_SCHEMAS, flow))) return;
  const level = flow.spec?.priorityLevelConfiguration.name;
  const condition = {
    type: "Dangling",
    status: "False",
    lastTransitionTime: rfc3339(now),
    reason: "Found",
    message: `This FlowSchema references the PriorityLevelConfiguration object named "${level}" and it exists`,
  };
  const target = {
    resource: FLOW_SCHEMAS,
    namespace: "",
    name: nameOf(flow),
    subresource: "status",
  };
  const body = { status: { conditions: [condition] } };
  await verbs.patch(target, { type: "merge", body });
}
