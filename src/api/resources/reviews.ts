import type * as objects from "../object.ts";
import type { Resource, Verb } from "../resource.ts";
import { row } from "./row.ts";

/** They are asked, not kept: the answer to a POST is all there is of them. */
const verbs: readonly Verb[] = ["create"];

/** What is left out is empty, as Go has it. */
function setDefaults(review: objects.KubeObject): void {
  if (!("spec" in review)) Object.assign(review, { spec: {} });
}

type Asked = Pick<Resource, "kind" | "plural"> & { readonly namespaced?: boolean };

function authentication<T extends objects.KubeObject>({ kind, plural }: Asked): Resource<T> {
  const definition = `io.k8s.api.authentication.v1.${kind}`;
  const group = "authentication.k8s.io";
  return row<T>({
    group,
    version: "v1",
    kind,
    plural,
    namespaced: false,
    definition,
    verbs,
    setDefaults,
  });
}

function authorization<T extends objects.KubeObject>({
  kind,
  plural,
  namespaced = false,
}: Asked): Resource<T> {
  const definition = `io.k8s.api.authorization.v1.${kind}`;
  const group = "authorization.k8s.io";
  return row<T>({ group, version: "v1", kind, plural, namespaced, definition, verbs, setDefaults });
}

export const TOKEN_REVIEWS = authentication<objects.TokenReview>({
  kind: "TokenReview",
  plural: "tokenreviews",
});

export const SELF_SUBJECT_REVIEWS = {
  ...authentication<objects.SelfSubjectReview>({
    kind: "SelfSubjectReview",
    plural: "selfsubjectreviews",
  }),
  setDefaults: () => undefined,
};

export const LOCAL_SUBJECT_ACCESS_REVIEWS = authorization<objects.SubjectAccessReview>({
  kind: "LocalSubjectAccessReview",
  plural: "localsubjectaccessreviews",
  namespaced: true,
});

export const SELF_SUBJECT_ACCESS_REVIEWS = authorization<objects.SelfSubjectAccessReview>({
  kind: "SelfSubjectAccessReview",
  plural: "selfsubjectaccessreviews",
});

export const SELF_SUBJECT_RULES_REVIEWS = authorization<objects.SelfSubjectRulesReview>({
  kind: "SelfSubjectRulesReview",
  plural: "selfsubjectrulesreviews",
});

export const SUBJECT_ACCESS_REVIEWS = authorization<objects.SubjectAccessReview>({
  kind: "SubjectAccessReview",
  plural: "subjectaccessreviews",
});
