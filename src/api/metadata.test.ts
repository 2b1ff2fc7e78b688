import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { FieldError } from "./field-error.ts";
import {
  generateName,
  type MetadataRules,
  validateAnnotations,
  validateLabels,
  validateMetadata,
  validateMetadataUpdate,
} from "./metadata.ts";
import { configKey, dns1123Subdomain, envVarName, labelValue, portName } from "./names.ts";
import type { ObjectMeta } from "./object.ts";
import { LEASES } from "./resources/coordination.ts";
import { EVENTS } from "./resources/core-events.ts";
import { REGARDING_EVENTS } from "./resources/events.ts";
import { RUNTIME_CLASSES } from "./resources/node.ts";
import { POD_DISRUPTION_BUDGETS } from "./resources/policy.ts";

const lines = (errors: readonly FieldError[]) =>
  errors.map(({ field, message }) => `${field}: ${message}`);

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const LABEL_1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

describe("a name", () => {
  test.each<[string, MetadataRules["nameFormat"], string[]]>([
    ["web.example-1", undefined, []],
    ["Bad_Name", undefined, [SUBDOMAIN]],
    ["web.", undefined, [SUBDOMAIN]],
    ["a".repeat(254), undefined, ["must be no more than 253 characters"]],
    ["web", "dns1123Label", []],
    ["1web", "dns1123Label", []],
    ["web.x", "dns1123Label", ["must not contain dots"]],
    ["-web", "dns1123Label", [LABEL]],
    ["1web", "dns1035Label", [LABEL_1035]],
    ["system:node", "pathSegment", []],
    ["..", "pathSegment", ["may not be '..'"]],
    ["a/b%", "pathSegment", ["may not contain '/'", "may not contain '%'"]],
  ])("%p as %p", (name, nameFormat, details) => {
    const rules = { namespaced: false, ...(nameFormat && { nameFormat }) };
    expect(lines(validateMetadata({ name }, rules))).toEqual(
      details.map((detail) => `metadata.name: Invalid value: "${name}": ${detail}`),
    );
  });

  test("is required, or something to make it from", () => {
    expect(lines(validateMetadata({ generateName: "web-" }, { namespaced: false }))).toEqual([
      "metadata.name: Required value: name or generateName is required",
    ]);
    expect(lines(validateMetadata(undefined, { namespaced: false }))).toEqual([
      "metadata.name: Required value: name or generateName is required",
    ]);
    expect(
      lines(validateMetadata({ name: "w", generateName: "Web-" }, { namespaced: false })),
    ).toEqual([`metadata.generateName: Invalid value: "Web-": ${SUBDOMAIN}`]);
  });

  test("is generated with five characters that make no words", () => {
    expect(generateName("web-", () => 0)).toBe("web-bbbbb");
    expect(generateName("x".repeat(80), () => 0.999)).toBe(`${"x".repeat(58)}99999`);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const name = generateName("a-", () => random);
        expect(name).toMatch(/^a-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
        expect(dns1123Subdomain(name)).toEqual([]);
      }),
    );
  });
});

describe("metadata", () => {
  const rules = { namespaced: true };

  test.each<[string, ObjectMeta, string[]]>([
    ["no namespace", { name: "a" }, ["metadata.namespace: Required value"]],
    [
      "a label that is none",
      { name: "a", namespace: "n", labels: { "a/b/c": "-" } },
      [
        "metadata.labels: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
        "metadata.labels: Invalid value: \"-\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
    [
      "a finalizer without a domain",
      { name: "a", namespace: "n", finalizers: ["kubernetes", "mine", "x.io/y"] },
      [
        'metadata.finalizers[1]: Invalid value: "mine": name is neither a standard finalizer name nor is it fully qualified',
      ],
    ],
    [
      "finalizers that exclude each other",
      { name: "a", namespace: "n", finalizers: ["orphan", "foregroundDeletion"] },
      [
        'metadata.finalizers: Invalid value: ["orphan","foregroundDeletion"]: finalizer orphan and foregroundDeletion cannot be both set',
      ],
    ],
    [
      "an owner without identity",
      {
        name: "a",
        namespace: "n",
        ownerReferences: [{ apiVersion: "", kind: "K", name: "", uid: "" }],
      },
      [
        'metadata.ownerReferences.apiVersion: Invalid value: "": version must not be empty',
        'metadata.ownerReferences.name: Invalid value: "": must not be empty',
        'metadata.ownerReferences.uid: Invalid value: "": must not be empty',
      ],
    ],
  ])("with %s", (_, metadata, expected) => {
    expect(lines(validateMetadata(metadata, rules))).toEqual(expected);
  });

  test("has one controller at most", () => {
    const owner = { apiVersion: "v1", kind: "Pod", uid: "u", controller: true };
    const ownerReferences = [
      { ...owner, name: "a" },
      { ...owner, name: "b" },
    ];
    const [error, ...others] = validateMetadata(
      { name: "a", namespace: "n", ownerReferences },
      rules,
    );
    expect(others).toEqual([]);
    expect(error?.message).toEndWith(
      'Only one reference can have Controller set to true. Found "true" in references for Pod/a and Pod/b',
    );
  });

  test("of a cluster-scoped object has no namespace", () => {
    const errors = validateMetadata({ name: "a", namespace: "n" }, { namespaced: false });
    expect(lines(errors)).toEqual(["metadata.namespace: Forbidden: not allowed on this type"]);
  });

  test("holds 256 KiB of annotations", () => {
    const of = (bytes: number) => ({ k: "x".repeat(bytes - 1) });
    expect(validateAnnotations(of(262_144), "metadata.annotations")).toEqual([]);
    expect(lines(validateAnnotations(of(262_145), "metadata.annotations"))).toEqual([
      "metadata.annotations: Too long: may not be more than 262144 bytes",
    ]);
    expect(validateAnnotations({ "UPPER.io/Key": "any thing" }, "a")).toEqual([]);
  });

  test("keeps what identifies the object", () => {
    const current = { name: "a", uid: "1", creationTimestamp: "2024-01-01T00:00:00Z" };
    expect(lines(validateMetadataUpdate({ ...current, uid: "2" }, current))).toEqual([
      'metadata.uid: Invalid value: "2": field is immutable',
    ]);
    expect(validateMetadataUpdate({ ...current, labels: { a: "b" } }, current)).toEqual([]);
  });

  test("gets no new finalizers while it is deleted", () => {
    const current = {
      name: "a",
      deletionTimestamp: "2024-01-01T00:00:00Z",
      finalizers: ["a.io/x"],
    };
    expect(validateMetadataUpdate({ ...current, finalizers: [] }, current)).toEqual([]);
    expect(lines(validateMetadataUpdate({ ...current, finalizers: ["a.io/y"] }, current))).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"a.io/y"}',
    ]);
  });
});

test.each<[string, MetadataRules, "name" | "finalizers" | "nothing"]>([
  ["PodDisruptionBudget", POD_DISRUPTION_BUDGETS, "nothing"],
  ["Event", EVENTS, "nothing"],
  ["Event of events.k8s.io", REGARDING_EVENTS.storedAs?.resource ?? EVENTS, "finalizers"],
  ["Lease", LEASES, "name"],
  ["RuntimeClass", RUNTIME_CLASSES, "name"],
])("a %s is named and finished as its own rules say", (_, rules, held) => {
  const namespace = rules.namespaced ? "n" : "";
  const metadata = { name: "Some_name", namespace, finalizers: ["mine"] };
  const fields = {
    nothing: [],
    name: ["metadata.name"],
    finalizers: ["metadata.name", "metadata.finalizers[0]"],
  };
  expect(validateMetadata(metadata, rules).map(({ field }) => field)).toEqual(fields[held]);
});

test("labels of all allowed shapes pass", () => {
  const labels = { app: "web", "example.com/My.Key_1": "V-1_.x", empty: "" };
  expect(validateLabels(labels, "labels")).toEqual([]);
});

test.each([
  [portName, "http", []],
  [
    portName,
    "HTTP",
    [
      "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
      "must contain at least one letter (a-z)",
    ],
  ],
  [portName, "8080", ["must contain at least one letter (a-z)"]],
  [portName, "a--b", ["must not contain consecutive hyphens"]],
  [portName, "a-", ["must not begin or end with a hyphen"]],
  [portName, "a".repeat(16), ["must be no more than 15 characters"]],
  [envVarName, "my.var-1", []],
  [
    envVarName,
    "A=B",
    [
      "a valid environment variable name must consist only of printable ASCII characters other than '='",
    ],
  ],
  [configKey, "..", ["must not be '..'"]],
  [configKey, "..data", ["must not start with '..'"]],
  [labelValue, "x".repeat(64), ["must be no more than 63 bytes"]],
])("%p(%p)", (rule, value, expected) => {
  expect(rule(value)).toEqual(expected);
});
