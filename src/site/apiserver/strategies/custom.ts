import type { CustomKind } from "#api/crd/custom-kind.ts";
import type { ScalePaths } from "#api/crd/definition.ts";
import { simplePath } from "#api/crd/json-path.ts";
import { integerAt, type Reading, textAt } from "#api/crd/scale-fields.ts";
import type { KubeObject, Scale } from "#api/object.ts";
import { groupResource, type Resource } from "#api/resource.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "#api/resources.ts";
import { badRequest, forbidden, internalFailure, StatusError } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { cloneJson, field } from "../json.ts";
import { hasStatus, keyOf } from "../kind.ts";
import type { Strategy, View } from "../strategy.ts";
import { replicasIn, scaleMetadata, scaleSpec } from "./scale.ts";

/** How the objects of a CustomResourceDefinition behave: their subresources, and none when it goes. */
export function customResources(
  resource: Resource,
  { scale }: CustomKind,
  store: ObjectStore,
): Strategy {
  const definition = { resource: CUSTOM_RESOURCE_DEFINITIONS, namespace: "" };
  const key = keyOf(definition, groupResource(resource));

  return {
    prepareCreate(object) {
      const name = object.metadata?.name ?? "";
      const why = "create not allowed while custom resource definition is terminating";
      const isTerminating = store.newest(key)?.value.metadata?.deletionTimestamp !== undefined;
      if (isTerminating) throw forbidden({ resource, name }, { why });
      if (hasStatus(resource)) Reflect.deleteProperty(object, "status");
    },
    views: { status, ...(scale && { scale: scaleView(scale) }) },
  };
}

/** `/status` takes the status of what is sent, and nothing else. */
const status: View<KubeObject> = {
  validated: false,
  read: (object) => object,
  write(current, body) {
    const next = cloneJson(current);
    const sent = field(body, "status");
    if (sent === undefined) Reflect.deleteProperty(next, "status");
    else Object.assign(next, { status: cloneJson(sent) });
    return next;
  },
};

/** What a change of a Scale starts from where nobody said how many: no number that may be. */
const UNSET = -(2 ** 31);

function scaleView(paths: ScalePaths): View<KubeObject> {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = paths;
  const replicasOf = (object: KubeObject) => readable(integerAt(object, specReplicasPath));
  const scaleOf = (object: KubeObject, replicas: number): Scale => {
    const selector = labelSelectorPath && readable(textAt(object, labelSelectorPath));
    return {
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: scaleMetadata(object.metadata ?? {}),
      spec: scaleSpec(replicas),
      status: {
        replicas: readable(integerAt(object, statusReplicasPath)) ?? 0,
        ...(selector && { selector }),
      },
    };
  };
  return {
    validated: true,
    start: (object) => scaleOf(object, replicasOf(object) ?? UNSET),
    read(object): Scale {
      const replicas = replicasOf(object);
      if (replicas === undefined) {
        throw internalFailure(`the spec replicas field "${specReplicasPath}" does not exist`);
      }
      return scaleOf(object, replicas);
    },
    write(current, body) {
      const replicas = replicasIn(body);
      if (replicas === UNSET)
        throw badRequest(`the spec replicas field "${specReplicasPath}" cannot be empty`);
      const next = cloneJson(current);
      setAt(next, simplePath(specReplicasPath), replicas);
      return next;
    },
  };
}

/** @throws StatusError 500 where something else is in its place, as Kubernetes has it. */
function readable<T>(reading: Reading<T>): T | undefined {
  if ("error" in reading) throw new StatusError(reading.error, { code: 500 });
  return reading.value;
}

function setAt(object: object, path: readonly string[], value: unknown): void {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    Object.assign(object, { [name]: value });
    return;
  }
  const child: unknown = Object.entries(object).find(([key]) => key === name)?.[1];
  const inner = typeof child === "object" && child !== null ? child : {};
  setAt(inner, rest, value);
  Object.assign(object, { [name]: inner });
}
