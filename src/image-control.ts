import type { Context, Hono } from "hono";
import type { ImageLine, ImageRow } from "#cli/image-lines.ts";
import type { ImageProgress } from "#edged/image/image-progress.ts";
import type { NodeImages } from "#edged/image/node-images.ts";
import { explain } from "#lib/errors.ts";

/** The part of the control socket that is about images. */
export function addImageRoutes(app: Hono, images: NodeImages): void {
  app.get("/images", async ({ req, json }) => json((await images.list(req.raw.signal)).map(rowOf)));
  app.post("/images/pull", async (c) => {
    const { name, platform }: { name: string; platform?: string } = await c.req.json();
    return told(c, async (onProgress) => {
      const options = { onProgress, ...(platform !== undefined && { platform }) };
      return [(await images.pull(name, options, c.req.raw.signal)).id];
    });
  });
  app.post("/images/import", async (c) => {
    const { path }: { path: string } = await c.req.json();
    return told(c, (onProgress) =>
      images.import({ name: path, path, onProgress }, c.req.raw.signal),
    );
  });
  app.post("/images/save", async (c) => {
    const { names }: { names: string[] } = await c.req.json();
    return new Response(await images.save(names, c.req.raw.signal));
  });
  app.post("/images/remove", async (c) => {
    const { name }: { name: string } = await c.req.json();
    await images.remove(name, c.req.raw.signal);
    return c.text("ok");
  });
  app.post("/images/pin", async (c) => {
    const { name, pinned }: { name: string; pinned: boolean } = await c.req.json();
    await images.pin(name, pinned, c.req.raw.signal);
    return c.text("ok");
  });
}

function rowOf({
  id,
  names,
  sizeBytes,
  pinned,
}: Awaited<ReturnType<NodeImages["list"]>>[number]): ImageRow {
  return { id, names, sizeBytes, pinned };
}

/** An answer that tells its progress: a line of JSON each, the last one how it ended. */
function told(
  c: Context,
  work: (onProgress: (progress: ImageProgress) => void) => Promise<readonly string[]>,
): Response {
  const lines = new ReadableStream<Uint8Array>({
    async start(controller) {
      const tell = (line: ImageLine): void => {
        // A reader that does not keep up misses how far it was, never how it ended.
        if ("progress" in line && (controller.desiredSize ?? 0) < -MAX_WAITING_LINES) return;
        controller.enqueue(Buffer.from(`${JSON.stringify(line)}\n`));
      };
      try {
        tell({ done: await work((progress) => tell({ progress })) });
        controller.close();
      } catch (error) {
        if (c.req.raw.signal.aborted) return;
        tell({ failed: explain(error) });
        controller.close();
      }
    },
  });
  return new Response(lines);
}

const MAX_WAITING_LINES = 256;
