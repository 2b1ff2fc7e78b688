import type { Handler } from "../call.ts";
import { listOptions } from "../query.ts";
import { formatOf, respondItem, respondList } from "../respond.ts";
import { namedTarget } from "./target.ts";

export const get: Handler = async (call) => {
  formatOf(call);
  const resourceVersion = call.query.get("resourceVersion");
  const options = resourceVersion === null ? {} : { resourceVersion };
  return respondItem(call, await call.verbs.get(namedTarget(call), options));
};

export const list: Handler = async (call) => {
  formatOf(call);
  return respondList(call, await call.verbs.list(call.path, listOptions(call.query)));
};
