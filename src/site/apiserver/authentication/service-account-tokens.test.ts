import { beforeEach, describe, expect, test } from "bun:test";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject, Secret } from "#api/object.ts";
import type { Resource } from "#api/resource.ts";
import { NODES, PODS, SECRETS, SERVICE_ACCOUNTS } from "#api/resources.ts";
import type { Clock } from "#lib/clock.ts";
import { MemoryStore } from "#test/kit/memory-store.ts";
import { keyOf } from "../kind.ts";
import { signingKey, signJwt, unverifiedClaims } from "./jwt.ts";
import { ServiceAccountTokens } from "./service-account-tokens.ts";
import { loadTokenKeys, newTokenKeys, type TokenKeys } from "./token-keys.ts";

const ISSUER = "https://kubernetes.default.svc.cluster.local";
const HOUR = 3600;

/** Two clocks that tests turn apart. */
class TwoClocks implements Clock {
  wallMs = Date.parse("2030-01-01T00:00:00Z");
  steadyMs = 0;
  now = (): Date => new Date(this.wallMs);
  monotonicMs = (): number => this.steadyMs;
  pass(seconds: number): void {
    this.wallMs += seconds * 1000;
    this.steadyMs += seconds * 1000;
  }
  step(to: string): void {
    this.wallMs = Date.parse(to);
  }
}

let store: MemoryStore;
let clock: TwoClocks;
let keys: TokenKeys;
let tokens: ServiceAccountTokens;
const account = { metadata: { name: "robot", namespace: "default", uid: "account-uid" } };
const pod = { metadata: { name: "web", namespace: "default", uid: "pod-uid" } };
const node = { metadata: { name: "box", uid: "node-uid" } };
const secret = { metadata: { name: "held", namespace: "default", uid: "secret-uid" } };

async function put(resource: Resource, object: KubeObject): Promise<void> {
  const { name = "", namespace = "" } = object.metadata ?? {};
  await store.write(keyOf({ resource, namespace }, name), () => ({ put: object }));
}

const remove = async (resource: Resource, { metadata }: KubeObject): Promise<void> => {
  const key = keyOf({ resource, namespace: metadata?.namespace ?? "" }, metadata?.name ?? "");
  await store.write(key, (current) => ({ remove: structuredClone(current?.value ?? {}) }));
};

const another = (): ServiceAccountTokens =>
  new ServiceAccountTokens({ issuer: ISSUER, keys, store, clock });

beforeEach(async () => {
  store = new MemoryStore();
  clock = new TwoClocks();
  keys = newTokenKeys();
  tokens = another();
  await put(SERVICE_ACCOUNTS, account);
  await put(PODS, pod);
  await put(NODES, node);
  await put(SECRETS, secret);
});

const hour = { account, audiences: [ISSUER], seconds: HOUR };

describe("a token", () => {
  test("says what kube-apiserver's say, and who bears it", () => {
    const token = tokens.issue({ ...hour, pod, node, warnAfterSeconds: 60 });
    const now = Math.floor(clock.wallMs / 1000);
    expect(unverifiedClaims(token)).toMatchObject({
      aud: [ISSUER],
      exp: now + HOUR,
      iat: now,
      nbf: now,
      iss: ISSUER,
      sub: "system:serviceaccount:default:robot",
      "kubernetes.io": {
        namespace: "default",
        serviceaccount: { name: "robot", uid: "account-uid" },
        pod: { name: "web", uid: "pod-uid" },
        node: { name: "box", uid: "node-uid" },
        warnafter: now + 60,
      },
    });
    const { jti } = unverifiedClaims(token) ?? {};
    expect(tokens.authenticate(token, [ISSUER])).toEqual({
      audiences: [ISSUER],
      user: {
        name: "system:serviceaccount:default:robot",
        uid: "account-uid",
        groups: [
          "system:serviceaccounts",
          "system:serviceaccounts:default",
          "system:authenticated",
        ],
        extra: {
          "authentication.kubernetes.io/credential-id": [`JTI=${jti}`],
          "authentication.kubernetes.io/node-name": ["box"],
          "authentication.kubernetes.io/node-uid": ["node-uid"],
          "authentication.kubernetes.io/pod-name": ["web"],
          "authentication.kubernetes.io/pod-uid": ["pod-uid"],
        },
      },
    });
  });

  test("of another issuer is none of ours", () => {
    const foreign = signJwt({ iss: "https://elsewhere", sub: "x" }, keys.signing);
    for (const token of [foreign, "a.b.c", "opaque", ""]) {
      expect(tokens.authenticate(token, [ISSUER])).toBeUndefined();
    }
  });

  test("for others is not for us, and one of several is enough", () => {
    const token = tokens.issue({ ...hour, audiences: ["vault", ISSUER] });
    expect(tokens.authenticate(token, ["vault", "other"])?.audiences).toEqual(["vault"]);
    expect(() => tokens.authenticate(token, ["other"])).toThrow(/audiences/);
  });

  test.each<[string, string]>([
    ["another key", signJwt({ iss: ISSUER, sub: "x" }, newTokenKeys().signing)],
    ["no algorithm", `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ iss: ISSUER }))}.`],
    ["a shared secret", `${btoa('{"alg":"HS256"}')}.${btoa(JSON.stringify({ iss: ISSUER }))}.eA`],
  ])("that %s signed is refused", (_, token) => {
    expect(() => tokens.authenticate(token, [ISSUER])).toThrow();
  });

  test("that was changed is refused, also after it was seen whole", () => {
    const token = tokens.issue(hour);
    expect(tokens.authenticate(token, [ISSUER])).toBeDefined();
    const [head, body, mark] = token.split(".");
    const claims = { ...unverifiedClaims(token), sub: "system:serviceaccount:kube-system:root" };
    const forged = `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${mark}`;
    expect(() => tokens.authenticate(forged, [ISSUER])).toThrow();
    expect(() =>
      tokens.authenticate(`${head}.${body}.${mark?.slice(0, -4)}AAAA`, [ISSUER]),
    ).toThrow();
  });
});

describe("a token ends", () => {
  const holds = (token: string, at = tokens): boolean => {
    try {
      return at.authenticate(token, [ISSUER]) !== undefined;
    } catch {
      return false;
    }
  };

  test("with its time, and a minute of leeway", () => {
    const token = tokens.issue(hour);
    clock.pass(HOUR + 59);
    expect(holds(token)).toBe(true);
    clock.pass(2);
    expect(holds(token)).toBe(false);
    expect(holds(token, another())).toBe(false);
  });

  test.each<[string, Resource, KubeObject]>([
    ["account", SERVICE_ACCOUNTS, account],
    ["pod", PODS, pod],
    ["secret", SECRETS, secret],
  ])("with its %s, and does not come back with a namesake", async (_, resource, object) => {
    const token = tokens.issue({ ...hour, pod, secret });
    expect(holds(token)).toBe(true);
    await remove(resource, object);
    expect(holds(token)).toBe(false);
    await put(resource, { metadata: { ...object.metadata, uid: "another" } });
    expect(holds(token)).toBe(false);
  });

  test("with its node where it is bound to that alone", async () => {
    const ofNode = tokens.issue({ ...hour, node });
    const ofPod = tokens.issue({ ...hour, pod, node });
    await remove(NODES, node);
    expect(holds(ofNode)).toBe(false);
    expect(holds(ofPod)).toBe(true);
  });

  test("a minute after its pod should have", async () => {
    const token = tokens.issue({ ...hour, pod });
    const deletionTimestamp = new Date(clock.wallMs).toISOString();
    await put(PODS, { metadata: { ...pod.metadata, deletionTimestamp } });
    clock.pass(59);
    expect(holds(token)).toBe(true);
    clock.pass(2);
    expect(holds(token)).toBe(false);
  });

  test.each(["1970-01-01T00:00:00Z", "2031-02-05T00:00:00Z", "2041-01-01T00:00:00Z"])(
    "not by a step of the clock to %s, but by the time that passed",
    (to) => {
      const token = tokens.issue(hour);
      clock.step(to);
      clock.pass(HOUR - 1);
      expect(holds(token)).toBe(true);
      clock.pass(62);
      expect(holds(token)).toBe(false);
    },
  );

  test("not at a start with a clock that went back, and by the wall clock at one that went on", () => {
    const token = tokens.issue(hour);
    clock.step("1970-01-01T00:00:00Z");
    expect(holds(token, another())).toBe(true);
    clock.step("2031-01-01T00:00:00Z");
    expect(holds(token, another())).toBe(false);
  });
});

test("a token in a Secret lives as long as the Secret holds it", async () => {
  const token = tokens.issueForSecret(account, secret);
  const holding = (text: string): Secret => ({ ...secret, data: { token: btoa(text) } });
  await put(SECRETS, holding(token));
  expect(tokens.authenticate(token, [ISSUER])?.user.name).toBe(
    "system:serviceaccount:default:robot",
  );
  clock.pass(400 * 24 * HOUR);
  expect(tokens.authenticate(token, [ISSUER])).toBeDefined();
  await put(SECRETS, holding("another"));
  expect(() => tokens.authenticate(token, [ISSUER])).toThrow("Token does not match server's copy");
});

describe("the keys", () => {
  const withDirectory = (work: (directory: string) => void): void => {
    const directory = mkdtempSync(join(tmpdir(), "edgesite-token-keys-"));
    try {
      work(directory);
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  test("are made once, and are nobody else's to read", () => {
    withDirectory((directory) => {
      const first = loadTokenKeys(directory);
      expect(loadTokenKeys(directory).signing.id).toBe(first.signing.id);
      for (const name of ["service-account.key", "service-account.pub"]) {
        expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
      }
    });
  });

  test("rotate: old tokens go on until the old key is taken from the list", () => {
    withDirectory((directory) => {
      const make = (): ServiceAccountTokens =>
        new ServiceAccountTokens({ issuer: ISSUER, keys: loadTokenKeys(directory), store, clock });
      const token = make().issue(hour);
      rmSync(join(directory, "service-account.key"));
      const rotated = make();
      expect(rotated.authenticate(token, [ISSUER])).toBeDefined();
      const fresh = rotated.issue(hour);
      const list = join(directory, "service-account.pub");
      const [newest = ""] =
        readFileSync(list, "utf8").match(/-----BEGIN.+?END PUBLIC KEY-----\n/s) ?? [];
      writeFileSync(list, newest);
      const after = make();
      expect(after.authenticate(fresh, [ISSUER])).toBeDefined();
      expect(() => after.authenticate(token, [ISSUER])).toThrow();
    });
  });

  test("may be RSA, as other clusters have them", () => {
    const { privateKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
      publicKeyEncoding: { type: "spki", format: "pem" },
    });
    const signing = signingKey(createPrivateKey(privateKey));
    expect(signing.algorithm).toBe("RS256");
    keys = { signing, accepted: [signing] };
    expect(another().authenticate(another().issue(hour), [ISSUER])).toBeDefined();
  });

  test("are not replaced in silence when they are damaged", () => {
    withDirectory((directory) => {
      writeFileSync(join(directory, "service-account.key"), "garbage");
      expect(() => loadTokenKeys(directory)).toThrow(/Cannot use .*service-account.key/);
    });
  });
});
