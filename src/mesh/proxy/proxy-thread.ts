/**
 * The thread that carries the bytes of Services, so that neither disturbs the other: work of the
 * site does not delay a request, a busy Service does not delay the site.
 */
import { Listeners } from "./listeners.ts";
import type { Apply } from "./protocol.ts";

declare const self: Worker;

const listeners = new Listeners({ monotonicMs: () => performance.now(), random: Math.random });

self.onmessage = ({ data }: MessageEvent<Apply>): void => {
  postMessage(listeners.apply(data.listeners));
};
