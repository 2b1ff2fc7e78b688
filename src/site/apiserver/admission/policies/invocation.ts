import type { Catalog } from "#api/catalog.ts";
import type { CelValue } from "#api/cel/values.ts";
import { type KubeObject, nameOf } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { NAMESPACES } from "#api/resources.ts";
import type { ObjectStore } from "#db/object-store.ts";
import type { Authorizer } from "../../authorization/authorizer.ts";
import { newestOf } from "../../kind.ts";
import { requestBindings } from "../cel/bindings.ts";
import { celOf } from "../cel/values.ts";
import type { AdmissionRequest } from "../plugin.ts";
import { matchingRow } from "../webhooks/match.ts";
import type { ReviewRequest, Versions } from "../webhooks/request.ts";
import { servedAtOnce } from "../webhooks/versions.ts";
import { paramsOf } from "./params.ts";
import type { BindingSpec, Constraint, PolicyBase } from "./policy.ts";

/** What policies read. */
export interface PoliciesOptions {
  readonly store: ObjectStore;
  readonly catalog: Catalog;
  readonly authorizer: Authorizer;
}

/** A write that policies are asked about. */
export interface Asked {
  readonly admitted: AdmissionRequest;
  readonly request: ReviewRequest;
  readonly versions: Versions;
}

const OPTIONS = {
  CONNECT: undefined,
  CREATE: "CreateOptions",
  UPDATE: "UpdateOptions",
  DELETE: "DeleteOptions",
};

export function askedBy(admitted: AdmissionRequest): Asked {
  const { target, operation, admission, object, current } = admitted;
  const name = target.name ?? nameOf(object ?? current ?? {});
  const kind = OPTIONS[operation];
  const options = kind === undefined ? {} : { options: { kind, apiVersion: "meta.k8s.io/v1" } };
  return {
    admitted,
    request: { ...target, name, operation, admission, ...options },
    versions: { object, oldObject: current },
  };
}

/** One judgement, or one change: by a policy, a binding and a parameter. */
export interface Invocation {
  /** By which the policy knows the kind. */
  readonly row: Resource;
  /** What its expressions may name, the policy's own variables apart. */
  readonly bindings: Map<string, CelValue>;
  readonly param: KubeObject | undefined;
}

interface Applied {
  readonly policy: Pick<PolicyBase, "constraint" | "paramKind">;
  readonly bound: { readonly spec: BindingSpec; readonly constraint: Constraint };
  readonly asked: Asked;
}

/**
 * How often a binding puts its policy in charge of a write: once per parameter, or not at all.
 * @throws BindingError where the parameters cannot be found.
 */
export function invocationsOf(
  options: PoliciesOptions,
  { policy, bound, asked }: Applied,
): readonly Invocation[] {
  const { store, catalog, authorizer } = options;
  const { request, versions } = asked;
  const place = { request, versions, store, catalog };
  const row = matchingRow(policy.constraint, place);
  if (row === undefined || matchingRow(bound.constraint, place) === undefined) return [];
  const shown = (object: KubeObject | undefined): KubeObject | undefined =>
    object && servedAtOnce(row, { from: request, object });
  const seen = { object: shown(versions.object), oldObject: shown(versions.oldObject) };
  const bindings = requestBindings(request, { row, versions: seen, authorizer });
  const { namespace } = request;
  const parent = newestOf(store, { resource: NAMESPACES, namespace: "" }, namespace);
  bindings.set("namespaceObject", celOf(namespace === "" ? null : parent));
  const params = paramsOf(options, { kind: policy.paramKind, binding: bound.spec, namespace });
  return params.map((param) => ({
    row,
    param,
    bindings: new Map(bindings).set("params", celOf(param)),
  }));
}

/** What was made of a version of an object, kept as long as that version is. */
export function remembered<V>(memory: WeakMap<KubeObject, V>, key: KubeObject, make: () => V): V {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = make();
  memory.set(key, made);
  return made;
}
