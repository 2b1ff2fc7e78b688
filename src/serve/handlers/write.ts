import { decodeObject } from "#api/codec/decode-object.ts";
import { decodePatch } from "#api/codec/decode-patch.ts";
import type { KubeObject } from "#api/object.ts";
import type { WriteOptions } from "#api/verbs.ts";
import type { Call, Handler } from "../call.ts";
import { flag, writeOptions } from "../query.ts";
import { readBody } from "../read-body.ts";
import { formatOf, respondItem } from "../respond.ts";
import { bodyKind, customBody, namedTarget } from "./target.ts";

export const create: Handler = async (call) => {
  formatOf(call);
  const { object, options } = await readObject(call, "CreateOptions");
  const target = call.path.name === undefined ? call.path : namedTarget(call);
  return respondItem(call, await call.verbs.create(target, object, options), 201);
};

export const update: Handler = async (call) => {
  formatOf(call);
  const { object, options } = await readObject(call, "UpdateOptions");
  return respondItem(call, await call.verbs.update(namedTarget(call), object, options));
};

export const patch: Handler = async (call) => {
  formatOf(call);
  const options = optionsOf(call, "PatchOptions");
  const { query, request } = call;
  const decoded = decodePatch({
    body: await readBody(request),
    contentType: request.headers.get("content-type") ?? "",
    fieldValidation: options.fieldValidation,
    ...(query.has("force") && { force: flag(query, "force") }),
  });
  for (const warning of decoded.warnings) call.warn(warning);
  return respondItem(call, await call.verbs.patch(namedTarget(call), decoded.patch, options));
};

async function readObject(
  call: Call,
  kind: string,
): Promise<{ object: KubeObject; options: WriteOptions }> {
  const options = optionsOf(call, kind);
  const { object, warnings } = decodeObject({
    body: await readBody(call.request),
    contentType: call.request.headers.get("content-type") ?? "",
    expected: bodyKind(call),
    custom: customBody(call),
    fieldValidation: options.fieldValidation,
  });
  for (const warning of warnings) call.warn(warning);
  return { object, options };
}

function optionsOf({ request, query, warn }: Call, kind: string): ReturnType<typeof writeOptions> {
  const userAgent = request.headers.get("user-agent") ?? "";
  return writeOptions({ query, userAgent, kind }, warn);
}
