/**
 * The thread that carries the bytes of Services, so that neither disturbs the other: work of the
 * site does not delay a request, a busy Service does not delay the site.
 */
import { systemTimer } from "#lib/timer.ts";
import { Listeners } from "./listeners.ts";
import type { Apply } from "./protocol.ts";

declare const self: Worker;

const listeners = new Listeners({
  monotonicMs: () => performance.now(),
  random: Math.random,
  timer: systemTimer,
});

self.onmessage = async ({ data }: MessageEvent<Apply>): Promise<void> => {
  postMessage(await listeners.apply(data.listeners));
};
