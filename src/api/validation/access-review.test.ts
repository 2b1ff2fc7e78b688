import { describe, expect, test } from "bun:test";
import {
  validateLocalSubjectAccessReview,
  validateSelfSubjectAccessReview,
  validateSubjectAccessReview,
} from "./access-review.ts";

const pods = { verb: "list", resource: "pods" };
const wrong = (errors: readonly { field: string; message: string }[]): string[] =>
  errors.map(({ field, message }) => `${field}: ${message}`);

describe("a question about rights", () => {
  test("is about somebody", () => {
    expect(
      validateSubjectAccessReview({ spec: { user: "anna", resourceAttributes: pods } }),
    ).toEqual([]);
    expect(wrong(validateSubjectAccessReview({ spec: { resourceAttributes: pods } }))).toEqual([
      'spec.user: Invalid value: "": at least one of user or group must be specified',
    ]);
  });

  test("is about an object or about a path", () => {
    const both = { user: "anna", resourceAttributes: pods, nonResourceAttributes: { path: "/x" } };
    expect(wrong(validateSubjectAccessReview({ spec: both }))).toEqual([
      'spec.nonResourceAttributes: Invalid value: {"Path":"/x","Verb":""}: cannot be specified in combination with resourceAttributes',
    ]);
  });

  test("has no name of its own, and a namespace where it is of one", () => {
    const metadata = { name: "x", namespace: "" };
    expect(
      wrong(validateSelfSubjectAccessReview({ metadata, spec: { resourceAttributes: pods } })),
    ).toEqual(['metadata: Invalid value: {"name":"x","namespace":""}: must be empty']);
    const local = { user: "anna", resourceAttributes: { ...pods, namespace: "b" } };
    expect(
      wrong(validateLocalSubjectAccessReview({ metadata: { namespace: "a" }, spec: local })),
    ).toEqual([
      'spec.resourceAttributes.namespace: Invalid value: "b": must match metadata.namespace',
    ]);
  });

  const at = "spec.resourceAttributes.fieldSelector";
  test.each<[object, string[]]>([
    [{ requirements: [{ key: "spec.nodeName", operator: "In", values: ["a"] }] }, []],
    [{ requirements: [{ key: "x", operator: "Newer" }] }, []],
    [{ rawSelector: "spec.nodeName=a" }, []],
    [
      {},
      [
        `${at}.requirements: Required value: when ${at} is specified, requirements or rawSelector is required`,
      ],
    ],
    [
      { rawSelector: "a=b", requirements: [{ key: "x", operator: "Exists" }] },
      [
        `${at}.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements`,
      ],
    ],
    [
      { requirements: [{ key: "", operator: "In" }] },
      [
        `${at}.requirements[0].key: Required value: must be specified`,
        `${at}.requirements[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
      ],
    ],
  ])("selects by %j", (fieldSelector, errors) => {
    const spec = { resourceAttributes: { ...pods, fieldSelector } };
    expect(wrong(validateSelfSubjectAccessReview({ spec }))).toEqual(errors);
  });
});
