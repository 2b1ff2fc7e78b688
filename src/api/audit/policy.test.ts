import { describe, expect, test } from "bun:test";
import type { Access } from "../access.ts";
import { type AuditRule, auditDecision } from "./policy.ts";
import { readAuditPolicy } from "./read-policy.ts";

const user = { name: "jane", groups: ["dev", "system:authenticated"] };

const get = (of: Partial<Exclude<Access, { path: string }>> = {}): Access => ({
  ...{ verb: "get", group: "", version: "v1", resource: "pods", subresource: "" },
  ...{ namespace: "a", name: "web", ...of },
});

const log = get({ subresource: "log" });

describe("a rule", () => {
  test.each<[Omit<AuditRule, "level">, Access, boolean]>([
    [{}, get(), true],
    [{ users: ["jane"] }, get(), true],
    [{ users: ["joe"] }, get(), false],
    [{ userGroups: ["ops", "dev"] }, get(), true],
    [{ userGroups: ["ops"] }, get(), false],
    [{ verbs: ["list", "get"] }, get(), true],
    [{ verbs: ["list"] }, get(), false],
    [{ namespaces: ["a"] }, get(), true],
    [{ namespaces: [""] }, get(), false],
    [{ namespaces: [""] }, get({ resource: "nodes", namespace: "" }), true],
    [{ resources: [{}] }, get(), true],
    [{ resources: [{ group: "apps" }] }, get(), false],
    [{ resources: [{ resources: ["pods"] }] }, get(), true],
    [{ resources: [{ resources: ["pods"] }] }, log, false],
    [{ resources: [{ resources: ["pods/log"] }] }, log, true],
    [{ resources: [{ resources: ["pods/*"] }] }, log, true],
    [{ resources: [{ resources: ["pods/*"] }] }, get(), true],
    [{ resources: [{ resources: ["*/log"] }] }, log, true],
    [{ resources: [{ resources: ["*/log"] }] }, get(), false],
    [{ resources: [{ resources: ["*"] }] }, log, true],
    [{ resources: [{ resources: ["pods"], resourceNames: ["web"] }] }, get(), true],
    [{ resources: [{ resources: ["pods"], resourceNames: ["db"] }] }, get(), false],
    [{ resources: [{}] }, { verb: "get", path: "/metrics" }, false],
    [{ nonResourceURLs: ["/metrics"] }, { verb: "get", path: "/metrics" }, true],
    [{ nonResourceURLs: ["/met"] }, { verb: "get", path: "/metrics" }, false],
    [{ nonResourceURLs: ["/met*"] }, { verb: "get", path: "/metrics" }, true],
    [{ nonResourceURLs: ["*"] }, get(), false],
  ])("%j meets %j: %p", (rule, access, isMet) => {
    const { level } = auditDecision({ rules: [{ level: "Request", ...rule }] }, { user, access });
    expect(level).toBe(isMet ? "Request" : "None");
  });

  test("about users meets nobody who is unknown", () => {
    const rules = [{ level: "Metadata", users: ["jane"] } as const];
    expect(auditDecision({ rules }, { user: undefined, access: get() }).level).toBe("None");
  });

  test("that comes first decides, on top of what holds for all", () => {
    const decision = auditDecision(
      {
        omitStages: ["RequestReceived"],
        omitManagedFields: true,
        rules: [
          { level: "Metadata", omitStages: ["Panic"], omitManagedFields: false },
          { level: "RequestResponse" },
        ],
      },
      { user, access: get() },
    );
    expect(decision).toEqual({
      level: "Metadata",
      omitStages: new Set(["RequestReceived", "Panic"]),
      omitManagedFields: false,
    });
  });
});

describe("a policy's text", () => {
  const read = (text: string) => readAuditPolicy(Buffer.from(text));
  const head = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";

  test("is YAML", () => {
    expect(read(`${head}rules: [{level: Metadata, users: [jane]}]`).rules).toEqual([
      { level: "Metadata", users: ["jane"] },
    ]);
  });

  test.each([
    ["kind: Policy\nrules: [{level: None}]", "policy.apiVersion must be given"],
    [`${head}`, "policy.rules must be given"],
    [`${head}rules: []`, "policy.rules must hold a rule"],
    [`${head}rules: [{}]`, "policy.rules[0].level must be given"],
    [
      `${head}rules: [{level: All}]`,
      "policy.rules[0].level must be one of None, Metadata, Request, RequestResponse",
    ],
    [`${head}rules: [{level: None, user: [x]}]`, "policy.rules[0].user is not known"],
    [`${head}rules: [{level: None, users: x}]`, "policy.rules[0].users must be a list"],
    [
      `${head}rules: [{level: None, nonResourceURLs: [x]}]`,
      "policy.rules[0].nonResourceURLs[0] must begin with a slash, and may have a * at its end",
    ],
    [
      `${head}rules: [{level: None, nonResourceURLs: ["/x"], namespaces: [a]}]`,
      "policy.rules[0] cannot be about URLs and about resources or namespaces at once",
    ],
  ])("%j is refused", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
