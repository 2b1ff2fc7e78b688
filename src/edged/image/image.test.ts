import { describe, expect, test } from "bun:test";
import type { Secret } from "#api/object.ts";
import { must } from "#lib/errors.ts";
import { credentialsFor } from "./pull-secrets.ts";
import { parseImageReference, pullName } from "./reference.ts";

describe("parseImageReference()", () => {
  const DIGEST = `sha256:${"a".repeat(64)}`;
  const cases: [string, string][] = [
    ["busybox", "docker.io/library/busybox:latest"],
    ["busybox:1.36", "docker.io/library/busybox:1.36"],
    ["team/app", "docker.io/team/app:latest"],
    ["ghcr.io/a/b/c:v1", "ghcr.io/a/b/c:v1"],
    ["localhost/app", "localhost/app:latest"],
    ["registry.local:5000/app:x", "registry.local:5000/app:x"],
    [`busybox@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`],
    [`busybox:1@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`],
  ];
  for (const [name, full] of cases) {
    test(`reads ${name}`, () => {
      expect(pullName(must(parseImageReference(name), "a reference"))).toBe(full);
    });
  }

  test("refuses what is no image", () => {
    const names = ["", "Busybox", "a b", "a:b:c", "x@sha256:12", "/x", "x/", "a//b", "x:"];
    expect(names.filter((name) => parseImageReference(name))).toEqual([]);
  });
});

describe("credentialsFor()", () => {
  const secret = (auths: object): Secret => ({
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": Buffer.from(JSON.stringify({ auths })).toString("base64") },
  });
  const find = (image: string, auths: object) =>
    credentialsFor(
      { spec: { containers: [], imagePullSecrets: [{ name: "s" }] } },
      must(parseImageReference(image), "a reference"),
      {
        configMap: async () => undefined,
        secret: async () => secret(auths),
        services: async () => [],
        token: async () => "",
      },
    );

  test("finds the registry's, the longest match first", async () => {
    const auth = Buffer.from("me:se:cret").toString("base64");
    const found = await find("r.test/team/app", {
      "r.test": { username: "all", password: "x" },
      "https://r.test/team": { auth },
      "other.test": { username: "no", password: "x" },
      "r.test/te": { username: "no", password: "x" },
    });
    expect(found.map(({ username, password }) => [username, password])).toEqual([
      ["me", "se:cret"],
      ["all", "x"],
    ]);
  });

  test("knows Docker Hub by its old name, and wildcards", async () => {
    const hub = { "https://index.docker.io/v1/": { username: "hub", password: "x" } };
    expect(await find("busybox", hub)).toHaveLength(1);
    const wild = { "*.r.test": { username: "w", password: "x" } };
    expect(await find("eu.r.test/app", wild)).toHaveLength(1);
    expect(await find("r.test/app", wild)).toHaveLength(0);
  });
});
