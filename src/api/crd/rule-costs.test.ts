import { expect, test } from "bun:test";
import { widgetDefinition } from "#test/kit/widgets.ts";
import { CUSTOM_RESOURCE_DEFINITIONS } from "../resources.ts";
import type { CustomResourceDefinition } from "./definition.ts";
import type { JsonSchemaProps } from "./json-schema-props.ts";

interface Golden {
  readonly item: JsonSchemaProps;
  /** By how much a rule is too expensive in a list of so many items: `1.25x`. */
  readonly rules: {
    readonly rule: string;
    readonly times: number;
    readonly factor: string;
  }[];
  readonly schemas: {
    readonly schema: JsonSchemaProps;
    readonly errors: string[];
  }[];
}

// Observed on k8s.io/apiextensions-apiserver 0.36.4.
const GOLDEN: Golden = await Bun.file(`${import.meta.dir}/rule-costs.golden.json`).json();

const STATUS = { storedVersions: ["v1"] };

function definition(spec: JsonSchemaProps): CustomResourceDefinition {
  const whole = widgetDefinition(spec);
  CUSTOM_RESOURCE_DEFINITIONS.setDefaults(whole);
  return { ...whole, status: STATUS };
}

const errorsOf = (spec: JsonSchemaProps, current?: CustomResourceDefinition): string[] =>
  CUSTOM_RESOURCE_DEFINITIONS.validate(definition(spec), current).map(
    ({ field, message }) => `${field}: ${message}`,
  );

function factor(rule: string, maxItems: number): string {
  const items = { ...GOLDEN.item, "x-kubernetes-validations": [{ rule }] };
  const errors = errorsOf({ type: "array", maxItems, items });
  return (
    /estimated rule cost exceeds budget by factor of (.+?) \(try/.exec(errors.join())?.[1] ?? ""
  );
}

test("rules are estimated as Kubernetes estimates them", () => {
  const seen = GOLDEN.rules.map(({ rule, times }) => ({
    rule,
    times,
    factor: factor(rule, times),
  }));
  expect(seen).toEqual(GOLDEN.rules);
});

test("what the schema bounds is what a definition is refused for", () => {
  const seen = GOLDEN.schemas.map(({ schema }) => ({ schema, errors: errorsOf(schema) }));
  expect(seen).toEqual(GOLDEN.schemas);
});

const NUMBERS: JsonSchemaProps = { type: "array", items: { type: "integer" } };
const EXPENSIVE: JsonSchemaProps = {
  ...NUMBERS,
  "x-kubernetes-validations": [{ rule: "self.all(x, x > 1 && x < 9)" }],
};

test("a schema that was let in before is not refused for the cost of one rule", () => {
  expect(errorsOf(EXPENSIVE)).toHaveLength(1);
  expect(errorsOf(EXPENSIVE, definition(EXPENSIVE))).toEqual([]);
  expect(errorsOf(EXPENSIVE, definition(NUMBERS))).toHaveLength(1);
});
