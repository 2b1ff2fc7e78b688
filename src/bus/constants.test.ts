import { expect, test } from "bun:test";
import { GROUP_OF, MODULE, OPERATION, OWN_WORDS, RESOURCE_TYPE, SOURCE } from "./constants.ts";

/** As they stand in KubeEdge's sources: v1.3.1 first, then what later versions added. */
const KUBEEDGE = {
  operations:
    "insert delete query update response error " +
    "patch upload start stop connect disconnect publish subscribe unsubscribe message keepalive " +
    "get_result meta-internal-sync action action_result unhold-upgrade " +
    "createvolume deletevolume controllerpublishvolume controllerunpublishvolume",
  resourceTypes:
    "pod podlist podstatus configmap secret node nodestatus service servicelist endpoints " +
    "endpointslist listener persistentvolume persistentvolumeclaim volumeattachment volume " +
    "event nodepatch podpatch lease serviceaccounttoken serviceaccountaccess rule ruleendpoint " +
    "rulestatus certificatesigningrequest k8s/ca.crt membership",
  modules:
    "cloudhub/cloudhub edgecontroller/edgecontroller devicecontroller/devicecontroller " +
    "synccontroller/synccontroller dynamiccontroller/dynamiccontroller cloudStream/cloudStream " +
    "router/router policycontroller/policycontroller edged/edged websocket/hub metaManager/meta " +
    "twin/twin eventbus/bus servicebus/bus edgemesh/mesh edgestream/edgestream " +
    "taskmanager/taskmanager testManager/meta",
};

const sorted = (words: Iterable<string>): string[] => [...words].sort();
const without = (words: readonly string[]): string[] =>
  sorted(words.filter((word) => !OWN_WORDS.includes(word)));

test("operations are KubeEdge's and our list-end", () => {
  expect(without(Object.values(OPERATION))).toEqual(sorted(KUBEEDGE.operations.split(" ")));
  expect(Object.values(OPERATION)).toContain("list-end");
});

test("resource types are KubeEdge's and our endpointslice", () => {
  expect(without(Object.values(RESOURCE_TYPE))).toEqual(sorted(KUBEEDGE.resourceTypes.split(" ")));
  expect(Object.values(RESOURCE_TYPE)).toContain("endpointslice");
});

test("modules and their groups are KubeEdge's", () => {
  const ours = Object.values(MODULE).map((module) => `${module}/${GROUP_OF[module]}`);
  expect(sorted(ours)).toEqual(sorted(KUBEEDGE.modules.split(" ")));
});

test("sources that are no modules are KubeEdge's", () => {
  expect(sorted(Object.values(SOURCE))).toEqual(["edgefunction", "edgehub", "funcmgr"]);
});
