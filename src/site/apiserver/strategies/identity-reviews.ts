import type { SelfSubjectReview, TokenReview } from "#api/object.ts";
import { badRequest } from "#api/status.ts";
import type { UserInfo } from "#api/verbs.ts";
import { rfc3339 } from "#lib/clock.ts";
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
    answer(review) {
      const { token = "", audiences: wanted = [] } = review.spec;
      if (token === "") throw badRequest("token is required for TokenReview in authentication");
      return { ...review, status: statusOf(token, wanted.length > 0 ? wanted : audiences) };
    },
  };

  function statusOf(token: string, wanted: readonly string[]): NonNullable<TokenReview["status"]> {
    try {
      const found = authenticator.authenticate(token, wanted);
      if (found === undefined) return {};
      const { user, audiences: common } = found;
      return { authenticated: true, user: shown(user), audiences: [...common] };
    } catch (error) {
      if (error instanceof TokenRefused) return { error: error.message };
      throw error;
    }
  }
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
