import type { Applied, Apply, ListenerSpec } from "./protocol.ts";

/** The proxy of Services as the mesh sees it. */
export interface ServiceProxy extends AsyncDisposable {
  /** Rejects when the thread is gone; never resolves. */
  readonly lost: Promise<never>;
  /** Makes these the listeners; one call at a time. Open connections stay. */
  apply(listeners: readonly ListenerSpec[]): Promise<Applied>;
}

interface Waiting {
  resolve(applied: Applied): void;
  reject(error: Error): void;
}

/** Starts the proxy on a thread of its own, in the network namespace of the calling thread. */
export function startServiceProxy(): ServiceProxy {
  const worker = new Worker(new URL("./proxy-thread.ts", import.meta.url).href);
  const waiting: Waiting[] = [];
  let closed = false;
  const ended = Promise.withResolvers<void>();
  const lost = Promise.withResolvers<never>();
  // Whoever waits for an answer hears of it too; nobody has to wait for this one.
  lost.promise.catch(() => undefined);
  worker.onmessage = ({ data }: MessageEvent<Applied>): void => waiting.shift()?.resolve(data);
  const fail = (reason: string): void => {
    const error = new Error(`The proxy thread died: ${reason}`);
    lost.reject(error);
    for (const one of waiting.splice(0)) one.reject(error);
  };
  worker.onerror = ({ message }): void => fail(message);
  // Also without an error, and whoever asks after that is told at once.
  worker.addEventListener("close", () => {
    closed = true;
    ended.resolve();
    fail("it ended");
  });
  return {
    lost: lost.promise,
    apply: (listeners) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error("The proxy thread has ended"));
        waiting.push({ resolve, reject });
        const request: Apply = { listeners };
        worker.postMessage(request);
      }),
    [Symbol.asyncDispose]: async () => {
      worker.terminate();
      await ended.promise;
    },
  };
}
