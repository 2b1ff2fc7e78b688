import type { JsonSchemaProps } from "../crd/json-schema-props.ts";

/** Short ways to write the schemas of our own definitions. */
export const text: JsonSchemaProps = { type: "string" };
export const whole: JsonSchemaProps = { type: "integer" };
export const count: JsonSchemaProps = { type: "integer", format: "int32", minimum: 0 };
export const yesOrNo: JsonSchemaProps = { type: "boolean" };
export const time: JsonSchemaProps = { type: "string", format: "date-time" };
/** Whatever a mapper or another kind makes of it. */
export const free: JsonSchemaProps = {
  type: "object",
  "x-kubernetes-preserve-unknown-fields": true,
};
export const texts: JsonSchemaProps = { type: "array", items: text };
export const labels: JsonSchemaProps = { type: "object", additionalProperties: text };
export const selector: JsonSchemaProps = {
  type: "object",
  properties: {
    matchLabels: labels,
    matchExpressions: {
      type: "array",
      items: {
        type: "object",
        required: ["key", "operator"],
        properties: { key: text, operator: text, values: texts },
      },
    },
  },
};

export const oneOf = (...values: readonly string[]): JsonSchemaProps => ({
  type: "string",
  enum: values,
});

export const object = (
  properties: Readonly<Record<string, JsonSchemaProps>>,
  ...required: readonly string[]
): JsonSchemaProps => ({ type: "object", properties, ...(required.length > 0 && { required }) });

export const listOf = (items: JsonSchemaProps): JsonSchemaProps => ({ type: "array", items });
