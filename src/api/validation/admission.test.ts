import { describe, expect, test } from "bun:test";
import { created, said } from "#test/kit/validate.ts";
import type {
  MutatingAdmissionPolicy,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from "../object.ts";
import * as kinds from "../resources/admissionregistration.ts";

const metadata = { name: "x" };
const rule = {
  operations: ["CREATE"],
  apiGroups: [""],
  apiVersions: ["v1"],
  resources: ["pods"],
};

describe("a webhook", () => {
  type Webhook = NonNullable<ValidatingWebhookConfiguration["webhooks"]>[number];
  const webhook = (given: Partial<Webhook>): Webhook => ({
    name: "a.example.com",
    clientConfig: { service: { namespace: "n", name: "s" } },
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    rules: [rule],
    ...given,
  });
  const judged = (...webhooks: Webhook[]) =>
    created(kinds.VALIDATING_WEBHOOK_CONFIGURATIONS, { metadata, webhooks });

  test("has what Kubernetes fills in", () => {
    const object = { metadata, webhooks: [webhook({})] };
    kinds.MUTATING_WEBHOOK_CONFIGURATIONS.setDefaults(object);
    expect(object.webhooks[0]).toMatchObject({
      failurePolicy: "Fail",
      matchPolicy: "Equivalent",
      namespaceSelector: {},
      objectSelector: {},
      timeoutSeconds: 10,
      reinvocationPolicy: "Never",
      rules: [{ ...rule, scope: "*" }],
      clientConfig: { service: { port: 443 } },
    });
    kinds.VALIDATING_WEBHOOK_CONFIGURATIONS.setDefaults({ metadata, webhooks: [webhook({})] });
  });

  test.each<[string, Partial<Webhook>, string[]]>([
    ["as usual", {}, []],
    ["without name", { name: "" }, ["name: Required value"]],
    [
      "with a short name",
      { name: "a.b" },
      [
        'name: Invalid value: "a.b": should be a domain with at least three segments separated by dots',
      ],
    ],
    [
      "with unknown words",
      { failurePolicy: "Maybe", matchPolicy: "Some", sideEffects: "Some", timeoutSeconds: 31 },
      [
        'failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
        'matchPolicy: Unsupported value: "Some": supported values: "Equivalent", "Exact"',
        'sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
        "timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds",
      ],
    ],
    [
      "that is nowhere",
      { clientConfig: {} },
      ["clientConfig: Required value: exactly one of url or service is required"],
    ],
    [
      "at an address that is none",
      { clientConfig: { url: "http://me@/x?y#z" } },
      [
        `clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
        'clientConfig.url: Invalid value: "": host must be specified; desired format: https://host[/path]',
        'clientConfig.url: Invalid value: "me": user information is not permitted in the URL',
        'clientConfig.url: Invalid value: "z": fragments are not permitted in the URL',
        'clientConfig.url: Invalid value: "y": query parameters are not permitted in the URL',
      ],
    ],
    [
      "at a Service that is none",
      { clientConfig: { service: { namespace: "", name: "", port: 70_000, path: "a//" } } },
      [
        "clientConfig.service.name: Required value",
        "clientConfig.service.namespace: Required value",
        "clientConfig.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive",
        `clientConfig.service.path: Invalid value: "a//": must start with a '/'`,
        'clientConfig.service.path: Invalid value: "a//": segment[0] may not be empty',
        'clientConfig.service.path: Invalid value: "a//": segment[1] may not be empty',
      ],
    ],
    [
      "about too much at once",
      {
        rules: [
          {
            operations: ["*", "CREATE"],
            apiGroups: ["*", ""],
            apiVersions: [""],
            resources: ["*/*", "pods/*", "pods/log", "*", "pods"],
            scope: "World",
          },
        ],
      },
      [
        `rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
        `rules[0].apiGroups: Invalid value: ["*",""]: if '*' is present, must not specify other API groups`,
        "rules[0].apiVersions[0]: Required value",
        `rules[0].resources[1]: Invalid value: "pods/*": if '*/*' is present, must not specify pods/*`,
        `rules[0].resources[2]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`,
        `rules[0].resources: Invalid value: ["*/*","pods/*","pods/log","*","pods"]: if '*/*' is present, must not specify other resources`,
        `rules[0].resources: Invalid value: ["*/*","pods/*","pods/log","*","pods"]: if '*' is present, must not specify other resources without subresources`,
        'rules[0].scope: Unsupported value: "World": supported values: "*", "Cluster", "Namespaced"',
      ],
    ],
    [
      "about nothing",
      { rules: [{}] },
      [
        "rules[0].operations: Required value",
        "rules[0].apiGroups: Required value",
        "rules[0].apiVersions: Required value",
        "rules[0].resources: Required value",
      ],
    ],
    [
      "that understands no review",
      { admissionReviewVersions: ["v2", "v2"] },
      [
        'admissionReviewVersions[1]: Invalid value: "v2": duplicate version',
        'admissionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1',
      ],
    ],
    [
      "with conditions of the same name",
      {
        matchConditions: [
          { name: "a", expression: "true" },
          { name: "a", expression: " " },
        ],
      },
      [
        "matchConditions[1].expression: Required value",
        'matchConditions[1].name: Duplicate value: "a"',
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(judged(webhook(given))).toEqual(errors.map((error) => `webhooks[0].${error}`));
  });

  test("has a name of its own", () => {
    expect(judged(webhook({}), webhook({}))).toEqual([
      'webhooks[1].name: Duplicate value: "a.example.com"',
    ]);
  });
});

describe("an admission policy", () => {
  type Spec = NonNullable<ValidatingAdmissionPolicy["spec"]>;
  const policy = (spec: Partial<Spec>): ValidatingAdmissionPolicy => ({
    metadata,
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [{ expression: "true" }],
      ...spec,
    },
  });

  test("has what Kubernetes fills in", () => {
    const object = policy({});
    kinds.VALIDATING_ADMISSION_POLICIES.setDefaults(object);
    expect(object.spec).toMatchObject({
      failurePolicy: "Fail",
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [{ scope: "*" }],
      },
    });
  });

  test("is told what its expressions get wrong, and where", () => {
    const expressionWarnings = [{ fieldRef: " ", warning: "" }];
    const status = { typeChecking: { expressionWarnings }, conditions: [] };
    const given = policy({});
    expect(said(kinds.VALIDATING_ADMISSION_POLICIES, given, { ...given, status })).toEqual([
      "status.typeChecking.expressionWarnings[0].warning: Required value",
      "status.typeChecking.expressionWarnings[0].fieldRef: Required value",
    ]);
  });

  test.each<[string, ValidatingAdmissionPolicy, string[]]>([
    ["as usual", policy({}), []],
    [
      "about nothing",
      { metadata, spec: {} },
      [
        "spec.matchConstraints: Required value",
        "spec.validations: Required value: validations or auditAnnotations must contain at least one item",
        "spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item",
      ],
    ],
    [
      "of parameters that are none",
      policy({ paramKind: { apiVersion: "a/b/c", kind: "A b" }, matchConstraints: {} }),
      [
        'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
        `spec.paramKind.kind: Invalid value: "A b": may have mixed case, but should otherwise match: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
        "spec.matchConstraints.resourceRules: Required value",
      ],
    ],
    [
      "that says nothing",
      policy({
        validations: [
          { expression: " ", message: "a\nb", messageExpression: " ", reason: "Because" },
        ],
        variables: [{ name: "for", expression: "" }],
        auditAnnotations: [
          { key: "a", valueExpression: "" },
          { key: "a", valueExpression: "'b'" },
        ],
      }),
      [
        'spec.variables[0].name: Invalid value: "for": name is not a valid CEL identifier',
        "spec.variables[0].expression: Required value: expression is not specified",
        "spec.validations[0].expression: Required value: expression is not specified",
        'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified',
        'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
        'spec.validations[0].reason: Unsupported value: "Because": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
        "spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified",
        'spec.auditAnnotations[1].key: Duplicate value: "a"',
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(kinds.VALIDATING_ADMISSION_POLICIES, given)).toEqual(errors);
  });

  test("that mutates says how, and when again", () => {
    type Mutation = NonNullable<NonNullable<MutatingAdmissionPolicy["spec"]>["mutations"]>[number];
    const mutating = (mutations: Mutation[], reinvocationPolicy?: string) =>
      created(kinds.MUTATING_ADMISSION_POLICIES, {
        metadata,
        spec: {
          matchConstraints: { resourceRules: [rule] },
          mutations,
          ...(reinvocationPolicy && { reinvocationPolicy }),
        },
      });
    const patch = { patchType: "JSONPatch", jsonPatch: { expression: "[]" } };
    expect(mutating([patch], "Never")).toEqual([]);
    expect(mutating([])).toEqual([
      "spec.mutations: Required value: mutations must contain at least one item",
      "spec.reinvocationPolicy: Required value",
    ]);
    expect(mutating([{ patchType: "Wish" }, { patchType: "ApplyConfiguration" }], "Often")).toEqual(
      [
        'spec.mutations[0].patchType: Unsupported value: "Wish": supported values: "ApplyConfiguration", "JSONPatch"',
        "spec.mutations[1].applyConfiguration: Required value: must be specified when patchType is ApplyConfiguration",
        'spec.reinvocationPolicy: Unsupported value: "Often": supported values: "IfNeeded", "Never"',
      ],
    );
  });
});

describe("a binding of an admission policy", () => {
  type Spec = NonNullable<ValidatingAdmissionPolicyBinding["spec"]>;
  const binding = (spec: Partial<Spec>) => ({ metadata, spec }) as ValidatingAdmissionPolicyBinding;

  test.each<[string, ValidatingAdmissionPolicyBinding, string[]]>([
    ["as usual", binding({ policyName: "p", validationActions: ["Deny"] }), []],
    [
      "of nothing",
      binding({}),
      [
        "spec.policyName: Required value",
        "spec.validationActions: Required value: at least one validation action is required",
      ],
    ],
    [
      "that denies and warns",
      binding({ policyName: "p", validationActions: ["Deny", "Warn", "Warn", "Sing"] }),
      [
        'spec.validationActions[2]: Duplicate value: "Warn"',
        'spec.validationActions[3]: Unsupported value: "Sing": supported values: "Audit", "Deny", "Warn"',
        'spec.validationActions: Invalid value: ["Deny","Warn","Warn","Sing"]: must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
      ],
    ],
    [
      "with parameters in two ways",
      binding({
        policyName: "p",
        validationActions: ["Audit"],
        paramRef: { name: "a", selector: {} },
      }),
      [
        "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
        "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
        "spec.paramRef.parameterNotFoundAction: Required value",
      ],
    ],
  ])("%s", (_, given, errors) => {
    expect(created(kinds.VALIDATING_ADMISSION_POLICY_BINDINGS, given)).toEqual(errors);
  });
});
