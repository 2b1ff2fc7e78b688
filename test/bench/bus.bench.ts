// How many messages a second go through one queue, and what one sendSync costs both ends.
import { createBus } from "#bus/create-bus.ts";
import { newMessage, responseTo } from "#bus/message.ts";
import { silentLogger } from "#lib/log.ts";
import { report, rounded } from "./kit/report.ts";

const MESSAGES = 500_000;
const REQUESTS = 50_000;
const { signal } = new AbortController();
const bus = createBus({ log: silentLogger });
bus.addModule("sink");
bus.addModule("server");

async function messagesPerSecond(): Promise<number> {
  const message = newMessage({ source: "bench", content: null });
  const receiving = (async () => {
    for (let count = 0; count < MESSAGES; count += 1) await bus.receive("sink", signal);
  })();
  const startMs = performance.now();
  for (let count = 0; count < MESSAGES; count += 1) await bus.send("sink", message, signal);
  await receiving;
  return MESSAGES / ((performance.now() - startMs) / 1000);
}

async function microsecondsPerSync(): Promise<number> {
  const serving = (async () => {
    for (let count = 0; count < REQUESTS; count += 1) {
      bus.sendResponse(responseTo(await bus.receive("server", signal), "OK"));
    }
  })();
  const startMs = performance.now();
  for (let count = 0; count < REQUESTS; count += 1) {
    const request = newMessage({ source: "bench", operation: "query", content: null });
    await bus.sendSync("server", request, { signal });
  }
  await serving;
  return ((performance.now() - startMs) * 1000) / REQUESTS;
}

await microsecondsPerSync(); // warm
const perSecond = await messagesPerSecond();
report("bus", {
  messagesPerSecond: rounded(perSecond, 0),
  sendSyncMicroseconds: rounded(await microsecondsPerSync(), 2),
  aim: ">= 1,000,000 messages/s, sendSync <= 5 us",
});
