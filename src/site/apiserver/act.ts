import type { KubeObject } from "#api/object.ts";
import type { NamedTarget } from "#api/verbs.ts";
import { mutated } from "./admission/webhooks/mutated.ts";
import type { Review } from "./admission/webhooks/reviewing.ts";
import type { Admission } from "./admission.ts";
import { deletionOf } from "./deletion.ts";
import { keyOf, subjectOf } from "./kind.ts";
import { reviewedWrite } from "./reviewed-write.ts";
import type { Action } from "./strategy.ts";
import type { VerbsDeps } from "./verbs-deps.ts";
import type { Decision } from "./writer.ts";

interface Acting {
  readonly target: NamedTarget;
  readonly sent: KubeObject;
  readonly action: Action<KubeObject>;
  readonly admission: Admission;
  readonly review: Review | undefined;
}

/** Does what a subresource is there for: a binding, an eviction; a token is its own answer. */
export async function act(
  deps: VerbsDeps,
  { target, sent, action, admission, review: asked }: Acting,
): Promise<KubeObject | undefined> {
  const { strategies, chain } = deps;
  const { resource, name } = target;
  const strategy = strategies.of(resource);
  action.check?.(name, sent);
  let answer: KubeObject | undefined;
  const decisionOn = (current: KubeObject, body: KubeObject): Decision<KubeObject> => {
    const request = { operation: "CREATE", target, object: body, admission } as const;
    chain.mutate<KubeObject>(request);
    chain.validate<KubeObject>(request);
    const result = action.apply(current, body, admission);
    if ("answer" in result) {
      answer = result.answer;
      return "keep";
    }
    if (!("delete" in result)) return { put: result };
    const { delete: options, from = current } = result;
    const subject = { resource, name };
    const decision = deletionOf({ current: from, subject, strategy, options, admission });
    if (!admission.dryRun) result.alongside?.();
    return decision;
  };
  await reviewedWrite(deps, {
    write: { resource, key: keyOf(target, name), admission },
    steps: {
      subject: subjectOf({ resource }, name),
      decide: (current) => decisionOn(current, sent),
      async review(review) {
        const shown = (body: KubeObject): KubeObject => body;
        const body = await mutated(review, sent, { shown, redraft: shown });
        await review.validate({ object: body });
        return (newest) => decisionOn(newest, body);
      },
    },
    review: asked,
  });
  return answer;
}
