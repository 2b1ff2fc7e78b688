import type { SelfSubjectReview, TokenReview } from "#api/object.ts";
import type { Sender } from "#api/sender.ts";
import { badRequest } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Admission } from "../admission.ts";
import { type TokenAuthenticator, TokenRefused } from "../authentication/authenticator.ts";
import type { Strategy } from "../strategy.ts";

/** Who asks? `kubectl auth whoami`. */
export const selfSubject: Strategy<SelfSubjectReview> = {
  answer: (review, { user, now }) => ({
    ...review,
    metadata: { creationTimestamp: rfc3339(now) },
    status: { userInfo: shown(user) },
  }),
};

interface Reviewer {
  readonly authenticator: TokenAuthenticator;
  /** Audiences of tokens that are for the API. */
  readonly audiences: readonly string[];
}

/** Whose token is it? Programs ask who were shown one. */
export function tokenReviews({ authenticator, audiences }: Reviewer): Strategy<TokenReview> {
  return {
    answer(review, admission) {
      const { token = "", audiences: wanted = [] } = review.spec;
      if (token === "") throw badRequest("token is required for TokenReview in authentication");
      return {
        ...review,
        status: statusOf(token, wanted.length > 0 ? wanted : audiences, admission),
      };
    },
  };

  function statusOf(
    token: string,
    wanted: readonly string[],
    admission: Admission,
  ): NonNullable<TokenReview["status"]> {
    try {
      const found = authenticator.authenticate(token, wanted);
      if (found === undefined) return {};
      const { user, audiences: common, notes } = found;
      tell(notes, admission);
      return { authenticated: true, user: shown(user), audiences: [...common] };
    } catch (error) {
      if (!(error instanceof TokenRefused)) throw error;
      tell(error.notes, admission);
      return { error: error.message };
    }
  }
}

/** What is told of a token is told to whoever asks, too. */
function tell({ annotations = {}, warnings = [] }: Sender = {}, admission: Admission): void {
  for (const [key, value] of Object.entries(annotations)) admission.annotate(key, value);
  for (const warning of warnings) admission.warn(warning);
}

function shown({
  name,
  uid,
  groups,
  extra,
}: UserInfo): NonNullable<NonNullable<TokenReview["status"]>["user"]> {
  return {
    username: name,
    ...(uid !== undefined && { uid }),
    groups: [...groups],
    ...(extra && {
      extra: Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
    }),
  };
}
