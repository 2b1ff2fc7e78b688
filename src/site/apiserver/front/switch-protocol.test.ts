import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { eventually } from "#test/kit/eventually.ts";
import { FrontHouse, SPDY } from "#test/kit/front-house.ts";
import type { Front } from "./front.ts";

let house: FrontHouse;
beforeEach(() => {
  house = new FrontHouse();
});
afterEach(() => house.end());

describe("the front, on a connection that was used before,", () => {
  const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

  /** A connection on which a request was answered, and what comes out of it from then on. */
  async function used(front: Front) {
    const { socket, all } = await house.dial(front);
    let text = "";
    socket.on("data", (bytes) => {
      text += bytes.toString();
    });
    socket.write(GET);
    await eventually(() => text.endsWith("GET "));
    return { socket, all, rest: () => text.slice(text.indexOf("GET ") + "GET ".length) };
  }

  test("gives it to another protocol too", async () => {
    const closed = Promise.withResolvers<void>();
    const front = await house.start({
      answerUpgrade: async (request) => {
        expect([request.method, new URL(request.url).pathname]).toEqual(["POST", "/exec"]);
        return {
          headers: new Headers({ upgrade: "SPDY/3.1", connection: "Upgrade" }),
          start: (socket) => ({
            received: (bytes) => void socket.send(Buffer.from(`got ${Buffer.from(bytes)};`)),
            closed: closed.resolve,
          }),
        };
      },
    });
    const { socket, rest } = await used(front);
    socket.write(SPDY);
    const switched =
      "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\n\r\n";
    await eventually(() => rest() === switched);
    socket.write("bytes");
    await eventually(() => rest() === `${switched}got bytes;`);
    socket.destroy();
    await closed.promise;
  });

  test("refuses another protocol and goes on", async () => {
    const { socket, rest } = await used(await house.start());
    socket.write(SPDY);
    await eventually(() => rest().endsWith("\r\n\r\nno"));
    expect(rest()).toStartWith("HTTP/1.1 403 Forbidden\r\n");
    socket.write(GET);
    await eventually(() => rest().endsWith("\r\n\r\nGET "));
    socket.destroy();
  });

  test("takes no byte of a body for such a request", async () => {
    const asked: string[] = [];
    const front = await house.start({
      fetch: async (request) => {
        await request.text();
        return new Response("GET ");
      },
      answerUpgrade: async ({ url }) => {
        asked.push(url);
        return undefined;
      },
    });
    const { socket, rest } = await used(front);
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${SPDY.length}\r\n\r\n`);
    await Bun.sleep(10);
    socket.write(SPDY);
    await eventually(() => rest().endsWith("GET "));
    expect(asked).toEqual([]);
    socket.destroy();
  });

  test("lets through what only looks like an agreement", async () => {
    const headers = { "x-edgesite-handover": crypto.randomUUID() };
    const front = await house.start({
      fetch: async () => new Response("GET ", { status: 421, headers }),
      answerUpgrade: async (_, { server } = {}) => {
        expect(server).toBeDefined();
        return undefined;
      },
    });
    const { socket, rest } = await used(front);
    socket.write(SPDY);
    await eventually(() => rest().endsWith("GET "));
    expect(rest()).toStartWith("HTTP/1.1 421 ");
    socket.destroy();
  });
});
