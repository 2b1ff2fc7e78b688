import type { APIService } from "#api/object.ts";
import { rfc3339 } from "#lib/clock.ts";
import type { Strategy } from "../strategy.ts";

/** APIs: what this server serves itself is there from the first moment. */
export const apiServices: Strategy<APIService> = {
  prepareCreate(apiService, { now }) {
    if (apiService.spec?.service) return;
    apiService.status = {
      conditions: [
        {
          type: "Available",
          status: "True",
          lastTransitionTime: rfc3339(now),
          reason: "Local",
          message: "Local APIServices are always available",
        },
      ],
    };
  },
};
