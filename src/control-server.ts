import { chmodSync, rmSync } from "node:fs";
import { Hono } from "hono/tiny";
import type { SiteStatus } from "#cli/site.ts";
import { ImageError } from "#edged/image/image-error.ts";
import { explain } from "#lib/errors.ts";
import { addImageRoutes, type ImageControl } from "./image-control.ts";

export interface ControlOptions extends ImageControl {
  /** Path of the socket; a stale one is replaced: whoever holds the database owns it. */
  readonly socket: string;
  status(): SiteStatus;
  stop(): void;
  /** Gives Secrets a new key. @throws {UserError} when it could not be brought to its end. */
  rotateKey(): Promise<void>;
  /** Takes in which client certificates were revoked. */
  reloadClients(): void;
}

/** A reason for people, which stands alone. */
const REFUSED = 422;

/**
 * The control socket: how the command line reaches a running site, also when its API does not
 * answer. Mode 0600: only the user that started the site (and root) may.
 */
export function serveControl(options: ControlOptions): Disposable {
  const { socket, status, stop } = options;
  const app = new Hono();
  app.get("/ping", (c) => c.text("ok"));
  app.get("/status", (c) => c.json(status()));
  app.post("/stop", () => {
    stop();
    // Never ends by itself: the caller sees the end of the process.
    return new Response(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(1)) }));
  });
  let rotation = Promise.resolve();
  app.post("/secrets/rotate-key", async (c) => {
    // One after the other: two at once would each let the other's key go.
    rotation = rotation.catch(() => undefined).then(options.rotateKey);
    await rotation;
    return c.text("ok");
  });
  app.post("/clients/reload", (c) => {
    options.reloadClients();
    return c.text("ok");
  });
  addImageRoutes(app, options);
  app.onError((error, c) => c.text(explain(error), error instanceof ImageError ? REFUSED : 500));
  rmSync(socket, { force: true });
  const server = Bun.serve({
    unix: socket,
    // Commands may take their time; for a request on a unix socket Bun has no timeout of its own.
    idleTimeout: 0,
    fetch: (request) => app.fetch(request),
  });
  chmodSync(socket, 0o600);
  return {
    [Symbol.dispose]() {
      rmSync(socket, { force: true });
      // Not those who wait for the end: the process has not let go of its database yet.
      void server.stop();
    },
  };
}
