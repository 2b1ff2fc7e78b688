import { describe, expect, test } from "bun:test";
import { silentLogger } from "#lib/log.ts";
import { MailboxClosed } from "#lib/mailbox.ts";
import { rejection } from "#test/kit/eventually.ts";
import { type LocalBus, SyncTimeout, UnknownModule } from "./bus.ts";
import { createBus } from "./create-bus.ts";
import { errorTo, type Message, newMessage, responseTo } from "./message.ts";
import { Outbox } from "./outbox.ts";
import { receiveEach } from "./receive-each.ts";

const forever = new AbortController().signal;
const message = (content: unknown = null): Message => newMessage({ source: "test", content });

function busWith(modules: Readonly<Record<string, number>>, defaultTimeoutMs = 5_000): LocalBus {
  const bus = createBus({ bufferSizes: modules, defaultTimeoutMs, log: silentLogger });
  for (const name of Object.keys(modules)) bus.addModule(name);
  return bus;
}

describe("send()", () => {
  test("hands the very same message over, in order", async () => {
    const bus = busWith({ edged: 4 });
    const sent = [message(1), message(2), message(3)];
    for (const one of sent) await bus.send("edged", one, forever);
    for (const one of sent) expect(await bus.receive("edged", forever)).toBe(one);
  });

  test("rejects at once for a module that is not there (edgesite registered at websocket)", async () => {
    const bus = busWith({ edged: 4 });
    const error = await rejection(bus.send("websocket", message(), forever));
    expect(error).toBeInstanceOf(UnknownModule);
    expect(error.message).toBe('There is no module "websocket" on the bus');
    const options = { signal: forever };
    expect(await rejection(bus.sendSync("websocket", message(), options))).toBeInstanceOf(
      UnknownModule,
    );
    expect(await rejection(bus.sendToGroup("hub", message(), forever))).toBeInstanceOf(
      UnknownModule,
    );
    expect(await rejection(bus.receive("websocket", forever))).toBeInstanceOf(UnknownModule);
  });

  test("waits for room and counts it; no message is lost when a queue is full", async () => {
    const bus = busWith({ edged: 2 });
    const sent = [1, 2, 3, 4].map(message);
    const sending = sent.map((one) => bus.send("edged", one, forever));
    await Promise.all(sending.slice(0, 2));
    expect(bus.stats()).toMatchObject([
      { module: "edged", size: 2, capacity: 2, waiting: 2, sent: 4, full: 2 },
    ]);
    for (const one of sent) expect(await bus.receive("edged", forever)).toBe(one);
    await Promise.all(sending);
    expect(bus.stats()).toMatchObject([{ size: 0, waiting: 0 }]);
  });

  test("stops waiting when its signal aborts, and the message is not delivered", async () => {
    const bus = busWith({ edged: 1 });
    const stop = new AbortController();
    const first = message(1);
    await bus.send("edged", first, forever);
    const sending = rejection(bus.send("edged", message(2), stop.signal));
    stop.abort(new Error("enough"));
    expect((await sending).message).toBe("enough");
    expect(await bus.receive("edged", forever)).toBe(first);
    expect(bus.stats()).toMatchObject([{ size: 0, waiting: 0 }]);
  });
});

describe("sendSync()", () => {
  test("gets an answer that comes before the send is over (kubeedge#3016)", async () => {
    const bus = busWith({ edged: 1 });
    const answering = bus.receive("edged", forever).then((request) => {
      expect(request.header.sync).toBe(true);
      expect(bus.sendResponse(responseTo(request, "OK"))).toBe(true);
    });
    const answer = await bus.sendSync("edged", message(), { signal: forever });
    expect(answer.content).toBe("OK");
    await answering;
  });

  test("gets an error as the answer to what it asked", async () => {
    const bus = busWith({ edged: 1 });
    const request = newMessage({ content: null, parentId: "an earlier message" });
    const asking = bus.sendSync("edged", request, { signal: forever });
    bus.sendResponse(errorTo(await bus.receive("edged", forever), "no"));
    expect((await asking).route.operation).toBe("error");
  });

  test("rejects on timeout, never with an empty message", async () => {
    const bus = busWith({ edged: 1 });
    const error = await rejection(
      bus.sendSync("edged", message(), { signal: forever, timeoutMs: 5 }),
    );
    expect(error).toBeInstanceOf(SyncTimeout);
    expect(error.message).toBe("No answer came from edged within 5 ms");
  });

  test("takes its request back when the time is over while the queue is full", async () => {
    const bus = busWith({ edged: 1 });
    await bus.send("edged", message(), forever);
    await rejection(bus.sendSync("edged", message(), { signal: forever, timeoutMs: 5 }));
    expect(bus.stats()).toMatchObject([{ size: 1, waiting: 0 }]);
  });

  test("rejects when its signal aborts", async () => {
    const bus = busWith({ edged: 1 });
    const stop = new AbortController();
    const asking = rejection(bus.sendSync("edged", message(), { signal: stop.signal }));
    stop.abort(new Error("stopping"));
    expect((await asking).message).toBe("stopping");
    const late = responseTo(await bus.receive("edged", forever), "late");
    expect(bus.sendResponse(late)).toBe(false);
  });
});

test("sendResponse() neither blocks nor holds anything up when nobody waits", async () => {
  const bus = busWith({ edged: 1 });
  for (let count = 0; count < 5; count += 1) {
    expect(bus.sendResponse(responseTo(message(), "unasked"))).toBe(false);
  }
  await bus.send("edged", message(), forever);
});

describe("groups", () => {
  const inGroup = (): LocalBus => {
    const bus = createBus({ log: silentLogger });
    bus.addModule("metaManager", "meta");
    bus.addModule("testManager", "meta");
    bus.addModule("edged", "edged");
    return bus;
  };

  test("a message goes to all members and to nobody else", async () => {
    const bus = inGroup();
    const one = message();
    await bus.sendToGroup("meta", one, forever);
    expect(await bus.receive("metaManager", forever)).toBe(one);
    expect(await bus.receive("testManager", forever)).toBe(one);
    expect(bus.stats().find(({ module }) => module === "edged")).toMatchObject({ size: 0 });
  });

  test("sendToGroupSync() gathers the answers of all members", async () => {
    const bus = inGroup();
    const asking = bus.sendToGroupSync("meta", message(), { signal: forever });
    for (const name of ["metaManager", "testManager"]) {
      bus.sendResponse(responseTo(await bus.receive(name, forever), name));
    }
    expect((await asking).map(({ content }) => content)).toEqual(["metaManager", "testManager"]);
  });

  test("a full member does not keep the message from the others", async () => {
    const bus = createBus({ bufferSizes: { full: 1 }, log: silentLogger });
    bus.addModule("full", "meta");
    bus.addModule("free", "meta");
    await bus.send("full", message(), forever);
    const one = message();
    const sending = bus.sendToGroup("meta", one, forever);
    expect(await bus.receive("free", forever)).toBe(one);
    await bus.receive("full", forever);
    await sending;
  });
});

describe("cleanup()", () => {
  test("fails everybody who waits on the module", async () => {
    const bus = busWith({ edged: 1, twin: 1 });
    const receiving = rejection(bus.receive("twin", forever));
    await bus.send("edged", message(), forever);
    const sending = rejection(bus.send("edged", message(), forever));
    const asking = rejection(bus.sendSync("twin", message(), { signal: forever }));
    bus.cleanup("twin");
    bus.cleanup("edged");
    for (const error of await Promise.all([sending, asking])) {
      expect(error).toBeInstanceOf(MailboxClosed);
    }
    expect(bus.has("edged")).toBe(false);
    // twin's receiver took the request before it left: it has what it waited for.
    await receiving.catch(() => undefined);
  });

  test("lets a module come back with an empty queue", async () => {
    const bus = busWith({ edged: 1 });
    await bus.send("edged", message(), forever);
    bus.cleanup("edged");
    bus.addModule("edged");
    bus.addModule("edged");
    expect(bus.stats()).toMatchObject([{ size: 0 }]);
  });
});

test("queues that are full both ways drain, because no receive loop waits for a send", async () => {
  const bus = busWith({ up: 8, down: 8 });
  const stop = new AbortController();
  const COUNT = 2_000;
  const received = { up: 0, down: 0 };
  const done = Promise.withResolvers<void>();
  const outboxTo = (peer: string): Outbox => {
    const outbox = new Outbox((one, signal) => bus.send(peer, one, signal));
    for (let index = 0; index < COUNT; index += 1) outbox.put(`own/${index}`, message(index));
    return outbox;
  };
  const receive = (name: "up" | "down", outbox: Outbox): Promise<void> =>
    receiveEach(bus, name, {
      signal: stop.signal,
      onMessage: (one) => {
        received[name] += 1;
        // Everything is answered, as metaManager does: twice as much traffic, both ways.
        if (one.route.operation !== "response")
          outbox.put(one.header.msg_id, responseTo(one, "OK"));
        if (received.up === 2 * COUNT && received.down === 2 * COUNT) done.resolve();
      },
    });
  const [toDown, toUp] = [outboxTo("down"), outboxTo("up")];
  const sending = [toDown.run(stop.signal), toUp.run(stop.signal)];
  while (bus.stats().some(({ waiting }) => waiting === 0)) await Promise.resolve();
  expect(bus.stats()).toMatchObject([{ size: 8 }, { size: 8 }]);
  const receiving = [receive("up", toDown), receive("down", toUp)];
  await done.promise;
  stop.abort();
  await Promise.all([...sending, ...receiving]);
  expect(bus.stats()).toMatchObject([
    { size: 0, waiting: 0 },
    { size: 0, waiting: 0 },
  ]);
});
