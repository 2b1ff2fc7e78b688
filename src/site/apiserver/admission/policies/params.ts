import type { Catalog } from "#api/catalog.ts";
import type { KubeObject } from "#api/object.ts";
import { apiVersionOf } from "#api/resource.ts";
import { matcherOf } from "#api/selector.ts";
import type { ObjectStore } from "#db/object-store.ts";
import { collectionOf, keyOf, servedForm } from "../../kind.ts";
import type { BindingSpec, ParamKind } from "./policy.ts";

/** A policy cannot be judged by this binding: the failure policy decides. */
export class BindingError extends Error {
  override readonly name = "BindingError";

  constructor(why: string) {
    super(`failed to configure binding: ${why}`);
  }
}

interface Wanted {
  readonly kind: ParamKind | undefined;
  readonly binding: BindingSpec;
  /** That of the request. */
  readonly namespace: string;
}

/**
 * The parameters that a binding names, each of which judges alone; one that is undefined where
 * there is nothing to name.
 * @throws BindingError where they cannot be found.
 */
export function paramsOf(
  { store, catalog }: { store: ObjectStore; catalog: Catalog },
  { kind, binding, namespace: requested }: Wanted,
): readonly (KubeObject | undefined)[] {
  const { paramRef } = binding;
  if (kind === undefined || paramRef === undefined) return [undefined];
  const { apiVersion = "" } = kind;
  const row = catalog.resources.find(
    (one) => one.kind === kind.kind && apiVersionOf(one) === apiVersion,
  );
  if (row === undefined) {
    throw new BindingError(
      `failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind.kind}'`,
    );
  }
  const namespace = row.namespaced ? (paramRef.namespace ?? requested) : "";
  if (row.namespaced && namespace === "") {
    throw new BindingError(
      "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources",
    );
  }
  const { name, selector } = paramRef;
  const items = name
    ? [store.newest(keyOf({ resource: row, namespace }, name))]
    : store.list(collectionOf(row), namespace).items;
  const matcher = matcherOf(selector ?? {});
  const found = items
    .flatMap((item) => item?.value ?? [])
    .filter(({ metadata }) => name || matcher.matches(metadata?.labels))
    .map((value) => servedForm(row, value));
  if (found.length > 0 || paramRef.parameterNotFoundAction === "Allow") return found;
  throw new BindingError("no params found for policy binding with `Deny` parameterNotFoundAction");
}
