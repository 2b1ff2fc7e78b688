import type { Access, ResourceAccess } from "../access.ts";
import { requiredBy } from "../field-selector.ts";
import { StatusError } from "../status.ts";
import type { UserInfo } from "../verbs.ts";
import { CelError } from "./errors.ts";
import { define, type Overload } from "./functions.ts";
import type { CelType } from "./types.ts";
import { type CelValue, Opaque } from "./values.ts";

/** Whoever knows what users may do, and why. */
interface Authorizer {
  decide(user: UserInfo, access: Access): { readonly allowed: boolean; readonly reason: string };
}

const PACKAGE = "kubernetes.authorization";
const AUTHORIZER = `${PACKAGE}.Authorizer`;
const PATH_CHECK = `${PACKAGE}.PathCheck`;
const GROUP_CHECK = `${PACKAGE}.GroupCheck`;
const RESOURCE_CHECK = `${PACKAGE}.ResourceCheck`;
const DECISION = `${PACKAGE}.Decision`;

/** The type of the variable `authorizer`. */
export const AUTHORIZER_TYPE: CelType = { is: "opaque", name: AUTHORIZER };

/** The type of the variable `authorizer.requestResource`. */
export const RESOURCE_CHECK_TYPE: CelType = { is: "opaque", name: RESOURCE_CHECK };

/** Asks what a user may do, as far as it is known yet. */
class Question {
  readonly authorizer: Authorizer;
  readonly user: UserInfo;
  readonly access: Partial<ResourceAccess> & { readonly path?: string };

  constructor({ authorizer, user }: Pick<Question, "authorizer" | "user">, access = {}) {
    this.authorizer = authorizer;
    this.user = user;
    this.access = access;
  }

  with(more: Partial<ResourceAccess> & { readonly path?: string }): Question {
    return new Question(this, { ...this.access, ...more });
  }

  decide(verb: string): { readonly allowed: boolean; readonly reason: string } {
    const { path, ...of } = this.access;
    const none = {
      group: "",
      version: "*",
      resource: "",
      subresource: "",
      namespace: "",
      name: "",
    };
    const access: Access = path === undefined ? { ...none, ...of, verb } : { verb, path };
    return this.authorizer.decide(this.user, access);
  }
}

/** The value of the variable `authorizer` in a request of `user`. */
export function authorizerValue(authorizer: Authorizer, user: UserInfo): CelValue {
  return new Opaque(AUTHORIZER, new Question({ authorizer, user }));
}

/** The value of the variable `authorizer.requestResource`: what the request itself is about. */
export function requestResourceValue(
  authorizer: Authorizer,
  { user, ...access }: Partial<ResourceAccess> & { readonly user: UserInfo },
): CelValue {
  return new Opaque(RESOURCE_CHECK, new Question({ authorizer, user }, access));
}

/** The methods of `authorizer`, and of what they answer. */
export const AUTHORIZER_FUNCTIONS: readonly Overload[] = [
  asking(`${AUTHORIZER}.path(string): ${PATH_CHECK}`, (question, path) => {
    if (path.trim() === "") throw new CelError("path must not be empty");
    return question.with({ path });
  }),
  asking(`${AUTHORIZER}.group(string): ${GROUP_CHECK}`, (question, group) =>
    question.with({ group }),
  ),
  define(`${AUTHORIZER}.serviceAccount(string, string): ${AUTHORIZER}`, (value, ...of) => {
    const [namespace, name] = of.map(String);
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
    const user = { name: `system:serviceaccount:${namespace}:${name}`, groups };
    return new Opaque(AUTHORIZER, new Question({ ...questionOf(value), user }));
  }),
  asking(`${GROUP_CHECK}.resource(string): ${RESOURCE_CHECK}`, (question, resource) =>
    question.with({ resource }),
  ),
  ...(["subresource", "namespace", "name"] as const).map((part) =>
    asking(`${RESOURCE_CHECK}.${part}(string): ${RESOURCE_CHECK}`, (question, value) =>
      question.with({ [part]: value }),
    ),
  ),
  asking(`${RESOURCE_CHECK}.fieldSelector(string): ${RESOURCE_CHECK}`, (question, selector) =>
    question.with(demanded(selector)),
  ),
  // No role and no node's right depends on labels.
  asking(`${RESOURCE_CHECK}.labelSelector(string): ${RESOURCE_CHECK}`, (question) => question),
  ...[PATH_CHECK, RESOURCE_CHECK].map((check) =>
    define(`${check}.check(string): ${DECISION}`, (value, verb) => {
      return new Opaque(DECISION, questionOf(value).decide(String(verb)));
    }),
  ),
  define(`${DECISION}.allowed(): bool`, (value) => decisionOf(value).allowed),
  define(`${DECISION}.reason(): string`, (value) => decisionOf(value).reason),
  define(`${DECISION}.errored(): bool`, () => false),
  define(`${DECISION}.error(): string`, () => ""),
];

/** What a field selector narrows a question down to: one that cannot be read, to nothing. */
function demanded(selector: string): Partial<ResourceAccess> {
  try {
    return { required: requiredBy(selector) };
  } catch (error) {
    if (error instanceof StatusError) return { required: () => undefined };
    throw error;
  }
}

function asking(
  signature: string,
  next: (question: Question, argument: string) => Question,
): Overload {
  const kind = signature.slice(signature.indexOf(": ") + 2);
  return define(
    signature,
    (value, argument) => new Opaque(kind, next(questionOf(value), String(argument))),
  );
}

function questionOf(value: CelValue | undefined): Question {
  if (value instanceof Opaque && value.value instanceof Question) return value.value;
  throw new TypeError("Expected a question to the authorizer");
}

function decisionOf(value: CelValue | undefined): { allowed: boolean; reason: string } {
  const decision = value instanceof Opaque ? value.value : undefined;
  return { allowed: false, reason: "", ...(typeof decision === "object" && decision) };
}
