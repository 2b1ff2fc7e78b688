import { atomicParts } from "#api/apply/atomic-parts.ts";
import { mergeObjects } from "#api/apply/merge.ts";
import { type Budget, MAX_ELEMENTS } from "#api/cel/budget.ts";
import type { Bindings } from "#api/cel/evaluate.ts";
import { jsonOf, misnamed } from "#api/cel/json.ts";
import { type CelType, listOf } from "#api/cel/types.ts";
import { type CelValue, isList, isMadeOfMore, StructValue } from "#api/cel/values.ts";
import { isJsonObject } from "#api/codec/json-value.ts";
import type { KubeObject, MutatingAdmissionPolicy } from "#api/object.ts";
import { applyJsonPatch, FailedTest } from "#api/patch/json-patch.ts";
import type { ObjectType } from "#api/schema.ts";
import { StatusError } from "#api/status.ts";
import { explain } from "#lib/errors.ts";
import { Expression, MUTATION_ENVIRONMENT } from "../cel/expression.ts";
import { type Compile, type PolicyBase, policyBase } from "./policy.ts";

/** The results that mutations have. */
export const CONFIGURATION: CelType = { is: "opaque", name: "Object" };
export const OPERATIONS: CelType = listOf({ is: "opaque", name: "JSONPatch" });

/** One step of a policy: a part of an object to be merged, or operations on it. */
export interface Mutation {
  readonly is: "ApplyConfiguration" | "JSONPatch";
  readonly expression: Expression;
}

/** A MutatingAdmissionPolicy whose expressions are compiled. */
export interface MutatingPolicy extends PolicyBase {
  readonly mutations: readonly Mutation[];
  /** `reinvocationPolicy: IfNeeded` */
  readonly isReinvoked: boolean;
}

export function mutatingPolicyOf(object: MutatingAdmissionPolicy): MutatingPolicy {
  const { mutations = [], reinvocationPolicy } = object.spec ?? {};
  const { base, scope } = policyBase(object, compiled);
  const { rules } = scope;
  return {
    ...base,
    mutations: mutations.map(({ patchType, applyConfiguration, jsonPatch }) =>
      patchType === "JSONPatch"
        ? {
            is: "JSONPatch",
            expression: compiled(jsonPatch?.expression ?? "", rules, [OPERATIONS]),
          }
        : {
            is: "ApplyConfiguration",
            expression: compiled(applyConfiguration?.expression ?? "", rules, [CONFIGURATION]),
          },
    ),
    isReinvoked: reinvocationPolicy === "IfNeeded",
  };
}

const compiled: Compile = (source, variables, results) =>
  new Expression(source, {
    variables,
    environment: MUTATION_ENVIRONMENT,
    ...(results && { results }),
  });

/** A mutation cannot be made: the failure policy decides. */
export class MutationError extends Error {
  override readonly name = "MutationError";
}

export interface Mutated {
  readonly object: KubeObject;
  readonly type: ObjectType;
  readonly bindings: Bindings;
  readonly budget: Budget;
}

/**
 * What a mutation makes of an object, which it leaves as it is.
 * @throws ExpressionError, MutationError
 */
export function mutate(mutation: Mutation, mutated: Mutated): unknown {
  return mutation.is === "JSONPatch"
    ? patched(mutation.expression, mutated)
    : merged(mutation.expression, mutated);
}

/** What a mutation writes, which is no larger than a request may be. */
function written(expression: Expression, { bindings, budget }: Mutated): CelValue {
  const value = expression.evaluate(bindings, budget);
  if (isMadeOfMore(value, MAX_ELEMENTS))
    throw new MutationError(`the value is made of more than ${MAX_ELEMENTS} values`);
  return value;
}

function merged(expression: Expression, mutated: Mutated): unknown {
  const { object, type } = mutated;
  const value = written(expression, mutated);
  const wrong = misnamed(value, "Object");
  if (wrong !== undefined) throw new MutationError(`type mismatch: ${wrong}`);
  const made = jsonOf(value);
  const applied = isJsonObject(made) ? made : {};
  const { apiVersion, kind } = object;
  const atomic = atomicParts(type, applied);
  if (atomic.length > 0)
    throw new MutationError(
      `error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomic.join(", ")}`,
    );
  return mergeObjects(type, { live: object, applied: { ...applied, apiVersion, kind } });
}

function patched(expression: Expression, mutated: Mutated): unknown {
  const { object } = mutated;
  const value = written(expression, mutated);
  const operations = isList(value) ? value : [];
  const patch = operations.map((operation) => {
    const content = operation instanceof StructValue ? operation.get("value") : undefined;
    if (content instanceof StructValue) {
      const wrong = misnamed(content, content.typeName);
      if (wrong !== undefined) throw new MutationError(`type mismatch: ${wrong}`);
    }
    const made = jsonOf(operation);
    return isJsonObject(made) ? made : {};
  });
  try {
    return applyJsonPatch(object, patch);
  } catch (error) {
    // A test that fails is no fault: nothing is to be done then.
    const cause = error instanceof StatusError ? error.cause : error;
    if (cause instanceof FailedTest) return object;
    throw new MutationError(`JSON Patch: ${explain(cause)}`);
  }
}
