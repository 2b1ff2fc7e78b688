import type { CustomKind } from "#api/crd/custom-kind.ts";
import type { ScalePaths } from "#api/crd/definition.ts";
import { simplePath, valueAt } from "#api/crd/json-path.ts";
import { invalid } from "#api/field-error.ts";
import { isQualifiedFinalizer } from "#api/metadata.ts";
import type { KubeObject, Scale } from "#api/object.ts";
import { groupResource, type Resource } from "#api/resource.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "#api/resources.ts";
import { forbidden, invalidObject, StatusError } from "#api/status.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Admission } from "../admission.ts";
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
    needsVersion: true,
    prepareCreate(object, admission) {
      const name = object.metadata?.name ?? "";
      const why = "create not allowed while custom resource definition is terminating";
      const isTerminating = store.newest(key)?.value.metadata?.deletionTimestamp !== undefined;
      if (isTerminating) throw forbidden({ resource, name }, { why });
      if (hasStatus(resource)) Reflect.deleteProperty(object, "status");
      warnOfFinalizers(object, undefined, admission);
    },
    prepareUpdate({ next, current }, admission) {
      warnOfFinalizers(next, current, admission);
    },
    views: { status, ...(scale && { scale: scaleView(resource, scale) }) },
  };
}

function warnOfFinalizers(
  { metadata }: KubeObject,
  current: KubeObject | undefined,
  admission: Admission,
): void {
  const known = new Set(current?.metadata?.finalizers);
  for (const finalizer of metadata?.finalizers ?? []) {
    if (known.has(finalizer) || isQualifiedFinalizer(finalizer)) continue;
    const path = finalizer.includes(".") ? " including a path (/)" : "";
    admission.warn(
      `metadata.finalizers: "${finalizer}": prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`,
    );
  }
}

/** `/status` takes the status of what is sent, and nothing else. */
const status: View<KubeObject> = {
  validated: true,
  read: (object) => object,
  write(current, body) {
    const next = cloneJson(current);
    const sent = field(body, "status");
    if (sent === undefined) Reflect.deleteProperty(next, "status");
    else Object.assign(next, { status: cloneJson(sent) });
    return next;
  },
};

function scaleView(resource: Resource, paths: ScalePaths): View<KubeObject> {
  const specPath = simplePath(paths.specReplicasPath);
  const statusPath = simplePath(paths.statusReplicasPath);
  const selectorPath = simplePath(paths.labelSelectorPath ?? "");
  const scaleOf = (object: KubeObject): Scale => {
    const selector = selectorPath.length === 0 ? undefined : valueAt(object, selectorPath);
    return {
      apiVersion: "autoscaling/v1",
      kind: "Scale",
      metadata: scaleMetadata(object.metadata ?? {}),
      spec: scaleSpec(numberAt(object, specPath)),
      status: {
        replicas: numberAt(object, statusPath) ?? 0,
        ...(typeof selector === "string" && selector !== "" && { selector }),
      },
    };
  };
  return {
    validated: true,
    start: scaleOf,
    read(object): Scale {
      if (numberAt(object, specPath) === undefined) {
        const message = `the spec replicas field "${paths.specReplicasPath}" does not exist`;
        throw new StatusError(`Internal error occurred: ${message}`, {
          code: 500,
          reason: "InternalError",
          details: { causes: [{ message }] },
        });
      }
      return scaleOf(object);
    },
    write(current, body) {
      const next = cloneJson(current);
      const replicas = replicasIn(body);
      if (replicas < 0) {
        const detail = "should be a non-negative integer";
        throw invalidObject({ resource, name: current.metadata?.name ?? "" }, [
          invalid(paths.specReplicasPath, { value: replicas, detail }),
        ]);
      }
      setAt(next, specPath, replicas);
      return next;
    },
  };
}

function numberAt(object: KubeObject, path: readonly string[]): number | undefined {
  const value = valueAt(object, path);
  if (value === undefined) return undefined;
  if (typeof value === "number") return value;
  throw invalidObject({ resource: SCALE, name: object.metadata?.name ?? "" }, [
    invalid(path.join("."), { value, detail: "must be a number" }),
  ]);
}

const SCALE = { group: "autoscaling", plural: "scales", kind: "Scale" };

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
