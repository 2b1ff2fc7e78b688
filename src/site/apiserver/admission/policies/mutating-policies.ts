import { Budget } from "#api/cel/budget.ts";
import { type KubeObject, type MutatingAdmissionPolicyBinding, nameOf } from "#api/object.ts";
import { MUTATING_ADMISSION_POLICIES, MUTATING_ADMISSION_POLICY_BINDINGS } from "#api/resources.ts";
import { StatusError } from "#api/status.ts";
import { cloneJson } from "../../json.ts";
import { collectionOf, itemOf } from "../../kind.ts";
import type { ObjectTypes } from "../../object-types.ts";
import { ExpressionError } from "../cel/expression.ts";
import { celOf } from "../cel/values.ts";
import { type AdmissionPlugin, type AdmissionRequest, refused } from "../plugin.ts";
import {
  askedBy,
  type Invocation,
  invocationsOf,
  type PoliciesOptions,
  remembered,
} from "./invocation.ts";
import { withVariables } from "./judge.ts";
import { type MutatingPolicy, MutationError, mutate, mutatingPolicyOf } from "./mutating-policy.ts";
import { BindingError } from "./params.ts";
import { type Constraint, constraintOf } from "./policy.ts";

/** cel-go's units for one mutation (`RuntimeCELCostBudget`). */
const COST = 10_000_000;

interface MutatingPoliciesOptions extends PoliciesOptions {
  readonly types: ObjectTypes;
}

/** A binding, ready to be matched. */
interface Bound {
  readonly binding: MutatingAdmissionPolicyBinding;
  readonly constraint: Constraint;
}

/** How far one write is. */
interface Progress {
  /** Those that want to see what others changed after them. */
  readonly willing: Set<string>;
  /** Those of them after which somebody changed something. */
  readonly due: Set<string>;
  /** What they left. */
  output: KubeObject | undefined;
}

type Changing = Exclude<AdmissionRequest, { operation: "DELETE" }>;

/** MutatingAdmissionPolicies change what their bindings put them in charge of. */
export function mutatingAdmissionPolicies(options: MutatingPoliciesOptions): AdmissionPlugin {
  const { store } = options;
  const policies = new WeakMap<KubeObject, MutatingPolicy>();
  const bindings = new WeakMap<KubeObject, Bound>();
  const progress = new WeakMap<AdmissionRequest, Progress>();
  const boundTo = (policy: MutatingPolicy): readonly Bound[] =>
    store.list(collectionOf(MUTATING_ADMISSION_POLICY_BINDINGS)).items.flatMap((item) => {
      const { value } = itemOf(MUTATING_ADMISSION_POLICY_BINDINGS, item);
      if (value.spec?.policyName !== policy.name) return [];
      const constraint = constraintOf(value.spec?.matchResources);
      return [remembered(bindings, value, () => ({ binding: value, constraint }))];
    });
  return {
    subresources: "all",
    mutateLast(request) {
      if (request.operation === "DELETE" || request.operation === "CONNECT") return false;
      const { items } = store.list(collectionOf(MUTATING_ADMISSION_POLICIES));
      // What could lock everybody out is nobody's to change.
      if (items.length === 0 || request.target.resource.group === GROUP) return false;
      const round = new Round(options, { request, before: progress.get(request) });
      for (const item of items) {
        const { value } = itemOf(MUTATING_ADMISSION_POLICIES, item);
        const policy = remembered(policies, value, () => mutatingPolicyOf(value));
        for (const bound of boundTo(policy)) round.invoke(policy, bound);
      }
      progress.set(request, round.end());
      return round.isChanged;
    },
  };
}

const GROUP = MUTATING_ADMISSION_POLICIES.group;

/** All policies once, or, when others looked at the object since, those that are due once more. */
class Round {
  readonly #options: MutatingPoliciesOptions;
  readonly #request: Changing;
  readonly #progress: Progress;
  /** Undefined in the first round. */
  readonly #due: ReadonlySet<string> | undefined;
  readonly #failures: string[] = [];
  isChanged = false;

  constructor(
    options: MutatingPoliciesOptions,
    { request, before }: { request: Changing; before: Progress | undefined },
  ) {
    this.#options = options;
    this.#request = request;
    this.#progress = before ?? { willing: new Set(), due: new Set(), output: undefined };
    const hasMoved = before && !Bun.deepEquals(before.output, request.object);
    this.#due = before && new Set(hasMoved ? before.willing : before.due);
  }

  invoke(policy: MutatingPolicy, { binding, constraint }: Bound): void {
    const which = `policy '${policy.name}' with binding '${nameOf(binding)}'`;
    try {
      const bound = { spec: binding.spec ?? {}, constraint };
      const asked = askedBy(this.#request);
      for (const invocation of invocationsOf(this.#options, { policy, bound, asked }))
        this.#run(policy, invocation, which);
    } catch (error) {
      if (error instanceof BindingError) this.#fail(policy, which, error);
      else throw error;
    }
  }

  /** @throws StatusError where something failed that must not. */
  end(): Progress {
    const [first] = this.#failures;
    if (first === undefined) {
      this.#progress.output = cloneJson(this.#request.object);
      return this.#progress;
    }
    const { status } = refused(this.#request, "admission request denied by policy");
    throw new StatusError(first, {
      code: 403,
      reason: "Invalid",
      details: { ...status.details, causes: this.#failures.map((message) => ({ message })) },
    });
  }

  #run(policy: MutatingPolicy, { row, bindings, param }: Invocation, which: string): void {
    const key = JSON.stringify([which, param?.metadata?.namespace, param?.metadata?.name]);
    const { object } = this.#request;
    const budget = new Budget(COST);
    const given = withVariables(policy, {
      given: new Map(bindings).set("object", celOf(object)),
      budget,
    });
    try {
      if (!policy.conditions.hold(given, budget)) return;
    } catch (error) {
      return this.#fail(policy, which, error);
    }
    if (this.#due !== undefined && !this.#due.has(key)) return;
    const before = cloneJson(object);
    for (const mutation of policy.mutations) {
      try {
        const own = new Budget(COST);
        const seen = new Map(bindings).set("object", celOf(object));
        const names = withVariables(policy, { given: seen, budget: own });
        const type = this.#options.types.of(row);
        replace(object, mutate(mutation, { object, type, bindings: names, budget: own }));
        this.#request.target.resource.setDefaults(object);
      } catch (error) {
        this.#fail(policy, which, error);
      }
    }
    const { willing, due } = this.#progress;
    if (!Bun.deepEquals(before, object)) {
      this.isChanged = true;
      for (const earlier of willing) due.add(earlier);
    }
    if (policy.isReinvoked) willing.add(key);
  }

  #fail(policy: MutatingPolicy, which: string, error: unknown): void {
    const isForeseen =
      error instanceof ExpressionError ||
      error instanceof MutationError ||
      error instanceof BindingError;
    if (!isForeseen) throw error;
    if (!policy.isOpen) this.#failures.push(`${which} denied request: ${error.message}`);
  }
}

/** Gives an object other content, in place. */
function replace(object: KubeObject, content: unknown): void {
  if (content === object) return;
  const made: object = cloneJson(typeof content === "object" && content !== null ? content : {});
  for (const name of Object.keys(object)) Reflect.deleteProperty(object, name);
  Object.assign(object, made);
}
