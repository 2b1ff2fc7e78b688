import { Item } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import type { Status, Subject } from "#api/status.ts";

/** The answer to a DELETE after which nothing is left. */
export function deletedStatus({ resource, name }: Subject, { metadata }: KubeObject): Status {
  const { group, plural } = resource;
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: {
      name,
      ...(group !== "" && { group }),
      kind: plural,
      ...(metadata?.uid !== undefined && { uid: metadata.uid }),
    },
  };
}

/** The answer to a POST that does something and makes nothing: binding, eviction. */
export function actionDone(): Item {
  const status: Status = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    code: 201,
  };
  return new Item(status);
}
