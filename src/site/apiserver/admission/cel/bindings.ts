import { authorizerValue, requestResourceValue } from "#api/cel/authorizer.ts";
import type { CelValue } from "#api/cel/values.ts";
import type { Resource } from "#api/resource.ts";
import type { Authorizer } from "../../authorization/authorizer.ts";
import type { ReviewRequest, Versions } from "../webhooks/request.ts";
import { reviewOf } from "../webhooks/review.ts";
import { celOf } from "./values.ts";

/** What expressions about a request may name: `object`, `oldObject`, `request`, `authorizer`. */
export function requestBindings(
  request: ReviewRequest,
  { row, versions, authorizer }: { row: Resource; versions: Versions; authorizer: Authorizer },
): Map<string, CelValue> {
  const review = reviewOf(request, { row, version: "v1", versions: {} });
  const { object: _object, oldObject: _oldObject, uid: _uid, ...attributes } = review.request;
  return new Map([
    ["object", celOf(versions.object)],
    ["oldObject", celOf(versions.oldObject)],
    ["request", celOf(attributes)],
    ["authorizer", authorizerValue(authorizer, request.admission.user)],
    [
      "authorizer.requestResource",
      requestResourceValue(authorizer, {
        user: request.admission.user,
        group: request.resource.group,
        version: request.resource.version,
        resource: request.resource.plural,
        subresource: request.subresource ?? "",
        namespace: request.namespace,
        name: request.name,
      }),
    ],
  ]);
}
