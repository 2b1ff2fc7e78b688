import { expect, test } from "bun:test";
import { created, said } from "#test/kit/validate.ts";
import type { APIService } from "../object.ts";
import { API_SERVICES } from "../resources/apiregistration.ts";

type Spec = NonNullable<APIService["spec"]>;
const NAME = "v1.example.com";
const apiService = (given: Partial<Spec>, name = NAME): APIService => ({
  metadata: { name },
  spec: {
    group: "example.com",
    version: "v1",
    groupPriorityMinimum: 100,
    versionPriority: 10,
    ...given,
  },
});

test.each<[string, APIService, string[]]>([
  ["as usual", apiService({ service: { namespace: "n", name: "s" } }), []],
  ["of what is served here", apiService({}), []],
  [
    "by another name",
    apiService({}, "other"),
    [`metadata.name: Invalid value: "other": must be \`spec.version+"."+spec.group\`: "${NAME}"`],
  ],
  [
    "of the core group in another version",
    apiService({ group: "", version: "v2" }, "v2."),
    ["spec.group: Required value: only v1 may have an empty group and it better be legacy kube"],
  ],
  [
    "of no priority",
    apiService({ groupPriorityMinimum: 20_001, versionPriority: 0 }),
    [
      "spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000",
      "spec.versionPriority: Invalid value: 0: must be positive and less than 1000",
    ],
  ],
  [
    "that trusts others here",
    apiService({ caBundle: "YWJj", insecureSkipTLSVerify: true }),
    [
      'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
      "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify",
    ],
  ],
  [
    "that trusts somebody and everybody",
    apiService({
      caBundle: "YWJj",
      insecureSkipTLSVerify: true,
      service: { namespace: "", name: "", port: 0 },
    }),
    [
      "spec.service.namespace: Required value",
      "spec.service.name: Required value",
      "spec.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive",
      "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present",
    ],
  ],
])("an APIService %s", (_, given, errors) => {
  expect(created(API_SERVICES, given)).toEqual(errors);
});

test("an APIService is available, or not, or nobody knows", () => {
  const conditions = [{ type: "Available", status: "Maybe" }];
  expect(said(API_SERVICES, apiService({}), { ...apiService({}), status: { conditions } })).toEqual(
    [
      'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
    ],
  );
});
