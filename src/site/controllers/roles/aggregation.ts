import { isDeepStrictEqual } from "node:util";
import { type ClusterRole, nameOf, type PolicyRule } from "#api/object.ts";
import { CLUSTER_ROLES } from "#api/resources.ts";
import { matcherOf } from "#api/selector.ts";
import { type Controller, createController } from "#client/controller.ts";
import { type ControllerDeps, equip } from "../deps.ts";

/** Keeps the rules of every ClusterRole that gathers those of others. */
export function createRoleAggregationController(deps: ControllerDeps): Controller {
  const name = "clusterrole-aggregation-controller";
  const { informers, client, queue, log } = equip(deps, name);
  const roles = informers.informer(CLUSTER_ROLES);
  const queueGathering = (): void => {
    for (const role of roles.list()) if (role.aggregationRule) queue.add(nameOf(role));
  };

  async function reconcile(key: string): Promise<undefined> {
    const role = roles.get(key);
    if (role?.aggregationRule === undefined) return;
    const rules = gathered(role, roles.list());
    if (isDeepStrictEqual(rules, role.rules ?? [])) return;
    await client.update(CLUSTER_ROLES, { ...role, rules });
  }

  return createController({
    name: "clusterrole-aggregation",
    reconcile,
    queue,
    log,
    synced: [roles.synced],
    removals: [
      roles.addHandler({
        added: queueGathering,
        updated: queueGathering,
        deleted: queueGathering,
      }),
    ],
  });
}

/** The rules of all roles that a selector means, by name of the role, each once. */
function gathered(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const matchers = (role.aggregationRule?.clusterRoleSelectors ?? []).map(matcherOf);
  const parts = all
    .filter((one) => nameOf(one) !== nameOf(role))
    .filter(({ metadata }) => matchers.some((matcher) => matcher.matches(metadata?.labels)))
    .sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const rule of parts.flatMap((part) => part.rules ?? [])) {
    if (!rules.some((known) => isDeepStrictEqual(known, rule))) rules.push(rule);
  }
  return rules;
}
