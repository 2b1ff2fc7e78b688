import { encodeWatchEvent } from "#api/codec/encode-protobuf.ts";
import type { WatchEvent } from "#api/item.ts";
import { hasCause, hasReason, type Status, StatusError } from "#api/status.ts";
import { partialMetadata, tableOf } from "#api/table.ts";
import { jsonText } from "#lib/json-text.ts";
import type { Call, Handler } from "../call.ts";
import { FrameQueue } from "../frame-queue.ts";
import type { Format } from "../negotiate.ts";
import { includeObject, watchOptions } from "../query.ts";
import { formatOf } from "../respond.ts";

/** A watcher that is this far behind is cut off; it lists again and is better off. */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** A watch without a timeout ends after 30 to 60 minutes, so that not all end together. */
const MIN_TIMEOUT_SECONDS = 30 * 60;

const encoder = new TextEncoder();
const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf;stream=watch";

export const watch: Handler = async (call) => {
  const format = formatOf(call, { watch: true });
  const isJson = format.media === "json";
  const { namespace, resource, name } = call.path;
  const options = watchOptions(call.query);
  const asked = Math.max(0, options.timeoutSeconds ?? 0);
  const timeoutSeconds = asked || MIN_TIMEOUT_SECONDS * (1 + Math.random());
  const fieldSelector = selectorOf(options.fieldSelector, name);
  const stop = new AbortController();
  const over = new AbortController();
  const signal = AbortSignal.any([stop.signal, over.signal, call.request.signal]);
  // By hand, not by `any`: the server would remember every watch that ever was.
  const end = (): void => over.abort();
  call.stopping?.addEventListener("abort", end, { once: true });
  const queue = new FrameQueue(MAX_QUEUED_BYTES);
  const frame = framer(call, format);
  // The state that a watch begins with is as large as it is; only what piles up later is bounded.
  let isLive = false;
  try {
    const { ended } = await call.verbs.watch(
      { resource, namespace },
      { ...options, timeoutSeconds, signal, ...(fieldSelector && { fieldSelector }) },
      (event) => {
        if (!queue.push(frame(event)) && isLive) stop.abort(new Error("The watcher is too slow"));
      },
    );
    queue.allowBacklog();
    isLive = true;
    void ended
      .catch((error: unknown) => queue.push(errorFrame(statusOf(error), format)))
      .finally(() => {
        call.stopping?.removeEventListener("abort", end);
        queue.end();
      });
  } catch (error) {
    call.stopping?.removeEventListener("abort", end);
    if (!(hasReason(error, "Expired") || hasCause(error, "ResourceVersionTooLarge"))) throw error;
    queue.push(errorFrame(error.status, format));
    queue.end();
  }
  return new Response(streamOf(queue, stop), {
    headers: { "Content-Type": isJson ? "application/json" : PROTOBUF_TYPE },
  });
};

function streamOf(queue: FrameQueue, stop: AbortController): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const cut = (): void => {
          queue.discard();
          controller.error(stop.signal.reason);
        };
        if (stop.signal.aborted) cut();
        else stop.signal.addEventListener("abort", cut, { once: true });
      },
      async pull(controller) {
        const bytes = await queue.take();
        if (stop.signal.aborted) return;
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      },
      cancel() {
        stop.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

/** How this watcher's events are written: as they are, encoded once for all, or transformed. */
function framer(call: Call, format: Format): (event: WatchEvent) => Uint8Array {
  const { as, version } = format;
  if (format.media === "protobuf") {
    return ({ type, item: { value } }) =>
      encodeWatchEvent(type, { ...(as === undefined ? value : partialMetadata(value, version)) });
  }
  if (as === undefined) return ({ frame }) => frame;
  if (as !== "Table") {
    return ({ type, item }) => encode(type, partialMetadata(item.value, version));
  }
  const include = includeObject(call.query);
  let withColumns = true;
  return ({ type, item: { value } }) => {
    if (type === "BOOKMARK") {
      const row = { cells: [], object: partialMetadata(value, version) };
      const { resourceVersion = "" } = value.metadata ?? {};
      const metadata = { resourceVersion };
      const apiVersion = `meta.k8s.io/${version}`;
      return encode(type, {
        kind: "Table",
        apiVersion,
        metadata,
        columnDefinitions: null,
        rows: [row],
      });
    }
    const now = call.clock.now();
    const options = { version, includeObject: include, now, withColumns };
    withColumns = false;
    return encode(type, tableOf(call.path.resource, [value], options));
  };
}

function encode(type: string, object: unknown): Uint8Array {
  return encoder.encode(`${jsonText({ type, object })}\n`);
}

function errorFrame(status: Status, { media }: Format): Uint8Array {
  return media === "protobuf" ? encodeWatchEvent("ERROR", { ...status }) : encode("ERROR", status);
}

function statusOf(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  return new StatusError("The watch ended unexpectedly", {
    code: 500,
    reason: "InternalError",
  }).status;
}

/** `?watch` on one object is a watch of the collection for that name. */
function selectorOf(given: string | undefined, name: string | undefined): string | undefined {
  if (name === undefined) return given;
  const own = `metadata.name=${name}`;
  return given ? `${given},${own}` : own;
}
