import type { Context, Hono } from "hono";
import type { ImageLine, ImageRow } from "#cli/image-lines.ts";
import type { ImageProgress } from "#edged/image/image-progress.ts";
import type { ListedImage, NodeImages } from "#edged/image/node-images.ts";
import { explain } from "#lib/errors.ts";

/** Lines that wait for a reader who does not keep up. */
const MAX_WAITING_LINES = 256;

export interface ImageControl {
  readonly images: NodeImages;
  /** An image came or went. */
  imagesChanged(): void;
}

/** The part of the control socket that is about images. */
export function addImageRoutes(app: Hono, { images, imagesChanged }: ImageControl): void {
  app.get("/images", async ({ req, json }) => json((await images.list(req.raw.signal)).map(rowOf)));
  app.post("/images/pull", async (c) => {
    const { name, platform }: { name: string; platform?: string } = await c.req.json();
    return told(c, async (onProgress) => {
      const options = { onProgress, ...(platform !== undefined && { platform }) };
      const { id } = await images.pull(name, options, c.req.raw.signal);
      imagesChanged();
      return [id];
    });
  });
  app.post("/images/import", async (c) => {
    const { path }: { path: string } = await c.req.json();
    return told(c, async (onProgress) => {
      const names = await images.import({ name: path, path, onProgress }, c.req.raw.signal);
      imagesChanged();
      return names;
    });
  });
  app.post("/images/save", async (c) => {
    const { names }: { names: string[] } = await c.req.json();
    return new Response(await images.save(names, c.req.raw.signal));
  });
  app.post("/images/remove", async (c) => {
    const { name }: { name: string } = await c.req.json();
    await images.remove(name, c.req.raw.signal);
    imagesChanged();
    return c.text("ok");
  });
  app.post("/images/pin", async (c) => {
    const { name, pinned }: { name: string; pinned: boolean } = await c.req.json();
    await images.pin(name, pinned, c.req.raw.signal);
    return c.text("ok");
  });
}

function rowOf({ id, names, sizeBytes, pinned }: ListedImage): ImageRow {
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
