import type { Catalog } from "#api/catalog.ts";
import { NAMESPACE_TYPE, REQUEST_TYPE } from "#api/cel/admission-types.ts";
import { AUTHORIZER_FUNCTIONS, AUTHORIZER_TYPE } from "#api/cel/authorizer.ts";
import { CelCompileError } from "#api/cel/compile-error.ts";
import { typeOfKind } from "#api/cel/kind-types.ts";
import { CelEnvironment } from "#api/cel/program.ts";
import { type CelField, type CelType, DYN } from "#api/cel/types.ts";
import type { ValidatingAdmissionPolicy } from "#api/object.ts";
import { apiVersionOf, type Resource } from "#api/resource.ts";
import { matchedKinds } from "./matched-kinds.ts";

type Spec = NonNullable<ValidatingAdmissionPolicy["spec"]>;
type Variables = ReadonlyMap<string, CelType>;

/** `v1.ExpressionWarning` */
export interface ExpressionWarning {
  /** `spec.validations[0].expression` */
  readonly fieldRef: string;
  readonly warning: string;
}

/** A kind that a policy judges, and what expressions about its objects may name. */
interface Subject {
  readonly row: Resource;
  readonly variables: Variables;
}

const ENVIRONMENT = new CelEnvironment(AUTHORIZER_FUNCTIONS);

/**
 * What is wrong with the validations of a policy, given the kinds that it judges: a text per
 * expression, in it each kind in whose objects something is missing or of another type.
 */
export function expressionWarnings(
  { spec = {} }: ValidatingAdmissionPolicy,
  catalog: Catalog,
): readonly ExpressionWarning[] {
  const rules = spec.matchConstraints?.resourceRules ?? [];
  const subjects = matchedKinds(rules, catalog).flatMap((row) => {
    const object = typeOfKind(row);
    return object ? [{ row, variables: variablesOf(spec, { object, catalog }) }] : [];
  });
  return (spec.validations ?? []).flatMap(({ expression, messageExpression }, index) => [
    ...warningsOf(expression, { fieldRef: `spec.validations[${index}].expression`, subjects }),
    ...warningsOf(messageExpression ?? "", {
      fieldRef: `spec.validations[${index}].messageExpression`,
      subjects,
    }),
  ]);
}

function warningsOf(
  source: string,
  { fieldRef, subjects }: { fieldRef: string; subjects: readonly Subject[] },
): readonly ExpressionWarning[] {
  if (source === "") return [];
  const faults = subjects.flatMap(({ row, variables }) => {
    const checked = typeOf(source, variables);
    const { group, version, kind } = row;
    return checked instanceof CelCompileError
      ? [`${group}/${version}, Kind=${kind}: ${checked.message}\n`]
      : [];
  });
  return faults.length === 0 ? [] : [{ fieldRef, warning: faults.join("\n") }];
}

function variablesOf(
  { paramKind, variables = [] }: Spec,
  { object, catalog }: { object: CelType; catalog: Catalog },
): Variables {
  const declared = new Map<string, CelType>([
    ["object", object],
    ["oldObject", object],
    ["request", REQUEST_TYPE],
    ["namespaceObject", NAMESPACE_TYPE],
    ["authorizer", AUTHORIZER_TYPE],
    ...(paramKind ? ([["params", paramType(paramKind, catalog)]] as const) : []),
  ]);
  const fields = new Map<string, CelField>();
  declared.set("variables", { is: "object", name: "kubernetes.variables", fields });
  // Each may name those before it.
  for (const { name, expression } of variables)
    fields.set(name, { name, type: variableType(typeOf(expression, declared)) });
  return declared;
}

function paramType(
  { apiVersion, kind }: NonNullable<Spec["paramKind"]>,
  { resources }: Catalog,
): CelType {
  const row = resources.find((one) => one.kind === kind && apiVersionOf(one) === apiVersion);
  return (row && typeOfKind(row)) ?? DYN;
}

/** Of objects, nothing is known any more in a variable; what has a fault of its own may be anything. */
function variableType(type: CelType | CelCompileError): CelType {
  if (type instanceof CelCompileError) return DYN;
  switch (type.is) {
    case "list":
      return { ...type, of: variableType(type.of) };
    case "map":
      return { ...type, key: variableType(type.key), value: variableType(type.value) };
    case "bool":
    case "bytes":
    case "double":
    case "duration":
    case "int":
    case "null":
    case "string":
    case "timestamp":
    case "uint":
      return type;
    case "cidr":
    case "dyn":
    case "error":
    case "format":
    case "ip":
    case "object":
    case "opaque":
    case "optional":
    case "parameter":
    case "quantity":
    case "semver":
    case "type":
    case "url":
      return DYN;
  }
}

function typeOf(source: string, variables: Variables): CelType | CelCompileError {
  try {
    return ENVIRONMENT.compile(source, { variables }).type;
  } catch (error) {
    if (error instanceof CelCompileError) return error;
    throw error;
  }
}
