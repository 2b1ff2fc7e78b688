import type { Access } from "#api/access.ts";
import type { FieldError } from "#api/field-error.ts";
import { requiredBy } from "#api/field-selector.ts";
import type {
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import {
  LOCAL_SUBJECT_ACCESS_REVIEWS,
  SELF_SUBJECT_ACCESS_REVIEWS,
  SUBJECT_ACCESS_REVIEWS,
} from "#api/resources.ts";
import { badRequest, hasReason, invalidObject } from "#api/status.ts";
import {
  validateLocalSubjectAccessReview,
  validateSelfSubjectAccessReview,
  validateSubjectAccessReview,
} from "#api/validation/access-review.ts";
import type { UserInfo } from "#api/verbs.ts";
import type { Authorizer } from "../authorization/authorizer.ts";
import { nodeNameOf } from "../authorization/node-identity.ts";
import type { RbacIndex } from "../authorization/rbac-index.ts";
import { cloneJson } from "../json.ts";
import type { Strategy } from "../strategy.ts";

type SelfSpec = SelfSubjectAccessReview["spec"];

/** What nodes may do depends on the object. */
const NODE_RULES = "node authorizer does not support user rule resolution";

/** May the asker do it? `kubectl auth can-i`. */
export function selfAccess(authorizer: Authorizer): Strategy<SelfSubjectAccessReview> {
  return {
    answer(review, { user }) {
      refuse(SELF_SUBJECT_ACCESS_REVIEWS, validateSelfSubjectAccessReview(review));
      return { ...review, status: verdict(authorizer, user, review.spec) };
    },
  };
}

/** May somebody else? */
export function subjectAccess(authorizer: Authorizer): Strategy<SubjectAccessReview> {
  return {
    answer(review) {
      refuse(SUBJECT_ACCESS_REVIEWS, validateSubjectAccessReview(review));
      return { ...review, status: verdict(authorizer, userOf(review.spec), review.spec) };
    },
  };
}

/** May somebody else, in the namespace of the question? */
export function localSubjectAccess(authorizer: Authorizer): Strategy<SubjectAccessReview> {
  return {
    answer(review) {
      const { spec } = review;
      refuse(LOCAL_SUBJECT_ACCESS_REVIEWS, validateLocalSubjectAccessReview(review));
      return { ...review, status: verdict(authorizer, userOf(spec), spec) };
    },
  };
}

/** All that the asker may do in a namespace: `kubectl auth can-i --list`. */
export function selfRules(roles: RbacIndex): Strategy<SelfSubjectRulesReview> {
  return {
    answer(review, { user }) {
      const namespace = review.spec.namespace ?? "";
      if (namespace === "") throw badRequest("no namespace on request");
      const { rules, missing: unbound } = roles.of(user, namespace);
      const missing = nodeNameOf(user) === undefined ? unbound : [NODE_RULES, ...unbound];
      const status: SelfSubjectRulesReview["status"] = {
        incomplete: missing.length > 0,
        nonResourceRules: rules
          .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
          .map(({ verbs, nonResourceURLs = [] }) => cloneJson({ verbs, nonResourceURLs })),
        resourceRules: rules
          .filter(({ resources = [] }) => resources.length > 0)
          .map(({ verbs, apiGroups = [], resources = [], resourceNames = [] }) =>
            cloneJson({
              verbs,
              apiGroups,
              resources,
              ...(resourceNames.length > 0 && { resourceNames }),
            }),
          ),
        ...(missing.length > 0 && { evaluationError: missing.join(", ") }),
      };
      return { ...review, status };
    },
  };
}

function verdict(
  authorizer: Authorizer,
  user: UserInfo,
  spec: SelfSpec,
): NonNullable<SelfSubjectAccessReview["status"]> {
  const { allowed, reason } = authorizer.decide(user, accessOf(spec));
  return { allowed, ...(reason !== "" && { reason }) };
}

function accessOf({ resourceAttributes, nonResourceAttributes }: SelfSpec): Access {
  if (nonResourceAttributes) {
    return { verb: nonResourceAttributes.verb ?? "", path: nonResourceAttributes.path ?? "" };
  }
  const nothing = { verb: "", group: "", version: "", resource: "", subresource: "" };
  const { fieldSelector, labelSelector: _, ...wanted } = resourceAttributes ?? {};
  const required = fieldSelector && requiredFields(fieldSelector);
  return { ...nothing, namespace: "", name: "", ...wanted, ...(required && { required }) };
}

type FieldSelector = NonNullable<NonNullable<SelfSpec["resourceAttributes"]>["fieldSelector"]>;

/** A selector that cannot be read demands nothing: who may do it is then asked for all objects. */
function requiredFields({ rawSelector, requirements = [] }: FieldSelector) {
  if (rawSelector) {
    try {
      return requiredBy(rawSelector);
    } catch (error) {
      if (hasReason(error, "BadRequest")) return undefined;
      throw error;
    }
  }
  return (field: string): string | undefined => {
    const one = requirements.find(({ key, operator }) => key === field && operator === "In");
    return one?.values?.length === 1 ? one.values[0] : undefined;
  };
}

function userOf({ user = "", groups = [], uid, extra }: SubjectAccessReview["spec"]): UserInfo {
  return { name: user, groups, ...(uid !== undefined && { uid }), ...(extra && { extra }) };
}

function refuse(resource: Resource, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidObject({ resource, name: "" }, errors);
}
