import { bodyTypeOf, decodeObject } from "#api/codec/decode-object.ts";
import {
  type DecodedPatch,
  decodePatch,
  type EncodedPatch,
  patchTypeOf,
} from "#api/codec/decode-patch.ts";
import type { Item } from "#api/item.ts";
import type { KubeObject } from "#api/object.ts";
import type { Patch, WriteOptions } from "#api/verbs.ts";
import type { Call, Handler } from "../call.ts";
import { flag, writeOptions } from "../query.ts";
import { readBody } from "../read-body.ts";
import { formatOf, respondItem } from "../respond.ts";
import { bodyKind, customBody, namedTarget } from "./target.ts";

export const create: Handler = async (call) => {
  formatOf(call);
  // Upstream looks at it here before it looks at the options, and elsewhere after.
  const isCustom = customBody(call) !== undefined;
  bodyTypeOf(call.request.headers.get("content-type") ?? "", { isCustom });
  const { object, options } = await readObject(call, "CreateOptions");
  const { resource, namespace, subresource } = call.path;
  const target = subresource === undefined ? { resource, namespace } : namedTarget(call);
  return respondItem(call, await call.verbs.create(target, object, options), 201);
};

export const update: Handler = async (call) => {
  formatOf(call);
  const { object, options } = await readObject(call, "UpdateOptions");
  return respondWritten(call, options, (noted) =>
    call.verbs.update(namedTarget(call), object, noted),
  );
};

export const patch: Handler = async (call) => {
  const { path, query, request } = call;
  const isCustom = path.resource.custom !== undefined;
  const type = patchTypeOf(request.headers.get("content-type") ?? "", { isCustom });
  formatOf(call);
  const body = await readBody(request);
  const options = optionsOf(call, { kind: "PatchOptions", patch: type });
  const { patch: decoded, warnings } = await decodedFor(call, {
    body,
    type,
    fieldValidation: options.fieldValidation,
    ...(query.has("force") && { force: flag(query, "force") }),
  });
  for (const warning of warnings) call.warn(warning);
  call.audit?.sent(decoded.body);
  return respondWritten(call, options, (noted) =>
    call.verbs.patch(namedTarget(call), decoded, noted),
  );
};

/** A patch that cannot be read is of no interest where there is nothing to patch. */
async function decodedFor(call: Call, encoded: EncodedPatch): Promise<DecodedPatch> {
  try {
    return decodePatch(encoded);
  } catch (error) {
    if (encoded.type !== "apply") await call.verbs.get(namedTarget(call));
    throw error;
  }
}

/** 201 where a write made an object that was not there. */
async function respondWritten(
  call: Call,
  options: WriteOptions,
  write: (options: WriteOptions) => Promise<Item>,
): Promise<Response> {
  let code: 200 | 201 = 200;
  const item = await write({ ...options, onCreate: () => (code = 201) });
  return respondItem(call, item, code);
}

async function readObject(
  call: Call,
  kind: string,
): Promise<{ object: KubeObject; options: WriteOptions }> {
  const options = optionsOf(call, { kind });
  const { object, warnings } = decodeObject({
    body: await readBody(call.request),
    contentType: call.request.headers.get("content-type") ?? "",
    expected: bodyKind(call),
    custom: customBody(call),
    fieldValidation: options.fieldValidation,
  });
  for (const warning of warnings) call.warn(warning);
  call.audit?.sent(object);
  return { object, options };
}

function optionsOf(
  { request, query, warn, audit }: Call,
  of: { readonly kind: string; readonly patch?: Patch["type"] },
): ReturnType<typeof writeOptions> {
  const userAgent = request.headers.get("user-agent") ?? "";
  const options = writeOptions({ query, userAgent, ...of }, warn);
  return audit ? { ...options, annotate: audit.annotate, timed: audit.timed } : options;
}
