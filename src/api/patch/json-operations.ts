import { isJsonObject, type JsonObject, jsonType } from "../codec/json-value.ts";
import { type FieldValidation, strictErrors } from "../codec/strict.ts";
import { badRequest } from "../status.ts";
import { tooManyOperations } from "./patch-errors.ts";

const MAX_OPERATIONS = 10_000;
const TEXTS: readonly string[] = ["op", "path", "from"];
const MEMBERS: ReadonlySet<string> = new Set([...TEXTS, "value"]);

const cannot = (what: string, place: string) => `json: cannot unmarshal ${what} into Go ${place}`;

/** Why an operation is none, in the words of the struct that strict decoding reads it into. */
function misfit(operation: unknown): string | undefined {
  if (operation === null) return undefined;
  if (!isJsonObject(operation))
    return cannot(jsonType(operation), "value of type handlers.jsonPatchOp");
  for (const [name, value] of Object.entries(operation))
    if (TEXTS.includes(name) && typeof value !== "string" && value !== null)
      return cannot(jsonType(value), `struct field jsonPatchOp.${name} of type string`);
  return undefined;
}

export interface JsonOperations {
  readonly operations: readonly JsonObject[];
  /** Members that no operation has, as strict decoding errors; none where nobody asks. */
  readonly unknown: readonly string[];
}

/**
 * The operations of a JSON patch; what each says is not looked at.
 *
 * @throws StatusError 400 when the body is no list of operations, 413 for too many of them.
 */
export function readOperations(body: unknown, fieldValidation: FieldValidation): JsonOperations {
  const isStrict = fieldValidation !== "Ignore";
  const refuse = (what: string): never => {
    throw badRequest(isStrict ? `error decoding patch: ${what}` : what);
  };
  const list = body ?? [];
  if (!Array.isArray(list))
    return refuse(
      cannot(
        jsonType(list),
        `value of type ${isStrict ? "[]handlers.jsonPatchOp" : "jsonpatch.Patch"}`,
      ),
    );
  const operations = list.map((operation: unknown): JsonObject => {
    const why = isStrict ? misfit(operation) : undefined;
    if (why !== undefined) return refuse(why);
    if (operation === null || isJsonObject(operation)) return operation ?? {};
    return refuse(cannot(jsonType(operation), "value of type jsonpatch.Operation"));
  });
  if (operations.length > MAX_OPERATIONS)
    throw tooManyOperations(operations.length, MAX_OPERATIONS);
  return { operations, unknown: isStrict ? unknownMembers(operations) : [] };
}

function unknownMembers(operations: readonly JsonObject[]): string[] {
  const paths = operations.flatMap((operation, index) =>
    Object.keys(operation)
      .filter((name) => !MEMBERS.has(name))
      .map((name) => `[${index}].${name}`),
  );
  return strictErrors("unknown", paths);
}
