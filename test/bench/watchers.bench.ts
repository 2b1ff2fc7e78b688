// How long does one event take to the last of 1,000 watchers over TLS, from the request that causes it?

import { configMap } from "./kit/objects.ts";
import { median, option, report, rounded } from "./kit/report.ts";
import { connect, startSite } from "./kit/site.ts";
import { usageOf } from "./kit/usage.ts";

const WATCHERS = option("watchers", 1000);
const ROUNDS = 10;
const SETTLE_MS = 2000;
const PATH = "/api/v1/namespaces/default/configmaps";
const EVENT_END = "}\n";

await using started = await startSite();
const { site } = started;
await Bun.sleep(SETTLE_MS);
const before = usageOf(site.pid);
const [writer, ...watchers] = await connect(site, WATCHERS + 1);
if (!writer) throw new Error("There is no connection to write on");

/** Counts watchers as they see the event of a round, and remembers when the last one did. */
let seen = 0;
let firstMs = 0;
let everybody = Promise.withResolvers<number>();
for (const watcher of watchers) {
  watcher.follow(
    { path: `${PATH}?watch=true&resourceVersion=0&fieldSelector=metadata.namespace%3Ddefault` },
    (bytes) => {
      if (!bytes.includes(EVENT_END)) return;
      seen += 1;
      if (seen === 1) firstMs = performance.now();
      if (seen === WATCHERS) everybody.resolve(performance.now());
    },
  );
}
await Bun.sleep(SETTLE_MS);

const toLastMs: number[] = [];
const toFirstMs: number[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  seen = 0;
  everybody = Promise.withResolvers();
  const startMs = performance.now();
  const answer = writer.send({ method: "POST", path: PATH, body: configMap(`event-${round}`) });
  toLastMs.push((await everybody.promise) - startMs);
  toFirstMs.push(firstMs - startMs);
  await answer;
}
report("watchers", {
  watchers: WATCHERS,
  medianToLastMs: rounded(median(toLastMs)),
  bestToLastMs: rounded(Math.min(...toLastMs)),
  worstToLastMs: rounded(Math.max(...toLastMs)),
  medianToFirstMs: rounded(median(toFirstMs)),
  rssBeforeMiB: rounded(before.rssMiB),
  rssWithWatchersMiB: rounded(usageOf(site.pid).rssMiB),
  aim: "1,000 watchers: <= 60 ms to the last",
});
for (const connection of [writer, ...watchers]) connection[Symbol.dispose]();
