import { beforeEach, describe, expect, test } from "bun:test";
import type { Pod, TokenRequest } from "#api/object.ts";
import type { Clock } from "#lib/clock.ts";
import { FakeMeta } from "#test/kit/edged-harness.ts";
import { PodTokens } from "./pod-tokens.ts";

const projection = { path: "token", expirationSeconds: 3600 };
const pod: Pod = {
  metadata: { name: "web", namespace: "x", uid: "pod-uid" },
  spec: {
    serviceAccountName: "robot",
    containers: [],
    volumes: [{ name: "v", projected: { sources: [{ serviceAccountToken: projection }] } }],
  },
};

class TwoClocks implements Clock {
  wallMs = Date.parse("2030-01-01T00:00:00Z");
  steadyMs = 5000;
  now = (): Date => new Date(this.wallMs);
  monotonicMs = (): number => this.steadyMs;
  pass(seconds: number): void {
    this.wallMs += seconds * 1000;
    this.steadyMs += seconds * 1000;
  }
}

/** A site that can be out of reach. */
class Site extends FakeMeta {
  isAway = false;
  /** What metaManager answers while the site is out of reach. */
  kept: string | undefined;
  override async requestToken(account: object, request: TokenRequest): Promise<TokenRequest> {
    if (this.isAway) throw new Error("The site cannot be reached");
    if (this.kept !== undefined) {
      return { ...request, status: { token: this.kept, expirationTimestamp: "" } };
    }
    return super.requestToken(account, request);
  }
}

let meta: Site;
let clock: TwoClocks;
let tokens: PodTokens;
const { signal } = new AbortController();
const get = (): Promise<string> => tokens.get(pod, projection, signal);
const dueInSeconds = (): number => (tokens.dueAtMs(pod) - clock.steadyMs) / 1000;

beforeEach(() => {
  meta = new Site();
  clock = new TwoClocks();
  tokens = new PodTokens({ meta, clock });
});

describe("a pod's token", () => {
  test("is bound to the pod, and due at once where it was never fetched", async () => {
    expect(tokens.dueAtMs(pod)).toBe(0);
    await get();
    expect(meta.tokenRequests).toEqual([
      {
        audiences: [],
        expirationSeconds: 3600,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name: "web", uid: "pod-uid" },
      },
    ]);
  });

  test("is kept, and renewed after four fifths of its life", async () => {
    expect(await get()).toBe("token-1");
    expect(dueInSeconds()).toBe(2880);
    clock.pass(2879);
    expect(await get()).toBe("token-1");
    clock.pass(1);
    expect(await get()).toBe("token-2");
    expect(dueInSeconds()).toBe(2880);
  });

  test("is kept to its end while no newer one is to be had", async () => {
    await get();
    meta.isAway = true;
    clock.pass(3000);
    expect(await get()).toBe("token-1");
    expect(dueInSeconds()).toBe(30);
    clock.pass(601);
    expect(get()).rejects.toThrow("The site cannot be reached");
  });

  test("that a node which is cut off has kept is asked for again, and its life is not longer by that", async () => {
    await get();
    meta.kept = "token-1";
    clock.pass(3000);
    expect(await get()).toBe("token-1");
    expect(dueInSeconds()).toBe(30);
    clock.pass(601);
    meta.isAway = true;
    expect(get()).rejects.toThrow("The site cannot be reached");
  });

  test("is renewed after a step of the wall clock, either way", async () => {
    await get();
    clock.wallMs = Date.parse("2035-01-01T00:00:00Z");
    expect(tokens.dueAtMs(pod)).toBe(0);
    expect(await get()).toBe("token-2");
    clock.wallMs = 0;
    expect(await get()).toBe("token-3");
    clock.wallMs += 30_000;
    expect(await get()).toBe("token-3");
  });

  test("for another audience is another", async () => {
    await get();
    expect(await tokens.get(pod, { ...projection, audience: "vault" }, signal)).toBe("token-2");
    expect(meta.tokenRequests.at(-1)?.audiences).toEqual(["vault"]);
  });

  test("is never due where the pod wants none", () => {
    expect(tokens.dueAtMs({ spec: { containers: [] } })).toBe(Number.POSITIVE_INFINITY);
  });
});
