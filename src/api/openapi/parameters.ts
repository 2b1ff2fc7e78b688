/** A parameter in the path or the query, without what the OpenAPI versions write differently. */
export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly type: "boolean" | "integer" | "string";
  readonly description: string;
}

const query = (
  name: string,
  description: string,
  { type = "string" }: { type?: Parameter["type"] } = {},
): Parameter => ({ name, in: "query", type, description });

const flag = { type: "boolean" } as const;
const number = { type: "integer" } as const;

export const NAME: Parameter = {
  name: "name",
  in: "path",
  type: "string",
  description: "name of the object",
};

export const NAMESPACE: Parameter = {
  name: "namespace",
  in: "path",
  type: "string",
  description: "namespace of the object",
};

export const PRETTY: Parameter = query("pretty", "If 'true', then the output is pretty printed.");

const DRY_RUN = query("dryRun", "'All': go through all stages of the request, store nothing.");

/** What lies behind a proxy. */
export const BEHIND: Parameter = {
  name: "path",
  in: "path",
  type: "string",
  description: "path to the resource",
};

export const PROXY_PATH: Parameter = query("path", "The part of the path that is handed on.");

export const LIST_PARAMETERS: readonly Parameter[] = [
  query("allowWatchBookmarks", "Ask for BOOKMARK events in a watch.", flag),
  query("continue", "Go on where the list that returned this token ended."),
  query("fieldSelector", "Restrict the objects by their fields."),
  query("labelSelector", "Restrict the objects by their labels."),
  query("limit", "Return at most so many objects and a token for the rest.", number),
  query("resourceVersion", "The version that the answer must have or be newer than."),
  query("resourceVersionMatch", "How resourceVersion is meant: Exact or NotOlderThan."),
  query("sendInitialEvents", "Begin a watch with the present objects.", flag),
  query("timeoutSeconds", "End the call after so many seconds.", number),
  query("watch", "Answer with a stream of changes.", flag),
];

export const WRITE_PARAMETERS: readonly Parameter[] = [
  DRY_RUN,
  query("fieldManager", "The name of the actor that makes these changes."),
  query("fieldValidation", "What to do about unknown or duplicate fields: Ignore, Warn, Strict."),
];

export const PATCH_PARAMETERS: readonly Parameter[] = [
  ...WRITE_PARAMETERS,
  query("force", "Apply patches only: take fields over from other managers.", flag),
];

export const DELETE_PARAMETERS: readonly Parameter[] = [
  DRY_RUN,
  query("gracePeriodSeconds", "Seconds before the object is deleted; 0 is at once.", number),
  query("orphanDependents", "Deprecated: use propagationPolicy.", flag),
  query("propagationPolicy", "What becomes of dependents: Orphan, Background, Foreground."),
];
