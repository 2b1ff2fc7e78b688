import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connect as connectHttp2 } from "node:http2";
import { FrontHouse } from "#test/kit/front-house.ts";
import type { FrontOptions } from "./front.ts";

let house: FrontHouse;
beforeEach(() => {
  house = new FrontHouse();
});
afterEach(() => house.end());

describe("lines of one header about impersonation", () => {
  type Lines = Record<string, readonly string[]>;
  const show: FrontOptions["fetch"] = async ({ headers }) =>
    Response.json(
      Object.fromEntries(
        [...headers]
          .filter(([name]) => name.startsWith("impersonate-"))
          .map(([name, value]) => [
            name,
            value.split(", ").map((line) => line.replaceAll("\u00ff", ",")),
          ]),
      ),
    );
  const samples: readonly Lines[] = [
    { "impersonate-user": ["anna"], "impersonate-group": ["a, b", "c", "d,e"] },
    { "impersonate-user": ["anna"], "impersonate-group": ["c", "x, y", "a, b"] },
    { "impersonate-extra-acme.com%2fproject": ["one, two", "~|, {}"], "impersonate-uid": ["7"] },
    { "impersonate-group": ["m\u00c3\u00bc, ller".repeat(20), "plain"] },
    { "impersonate-group": ["c"] },
  ];

  test("count each on its own over HTTP/1.1, request after request", async () => {
    const front = await house.start({ fetch: show });
    const { socket, all } = await house.dial(front);
    const answers: unknown[] = [];
    let text = "";
    let answered = Promise.withResolvers<void>();
    socket.on("data", (bytes) => {
      text += String(bytes);
      if (/\r\n\r\n.*\}$/s.test(text)) answered.resolve();
    });
    for (const sample of samples) {
      const lines = Object.entries(sample).flatMap(([name, values]) =>
        values.map((value) => `${name.toUpperCase()}: ${value}\r\n`),
      );
      socket.write(`GET / HTTP/1.1\r\nHost: x\r\nAccept: a, b\r\n${lines.join("")}\r\n`, "latin1");
      await answered.promise;
      answers.push(JSON.parse(text.slice(text.indexOf("\r\n\r\n"))));
      text = "";
      answered = Promise.withResolvers();
    }
    socket.end();
    await all;
    expect(answers).toEqual([...samples]);
  });

  test("and over HTTP/2, whatever the client's table holds by then", async () => {
    const front = await house.start({ fetch: show });
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: house.pki.ca });
    const asked = (lines: Lines, padding: string): Promise<Lines> =>
      new Promise((resolve, reject) => {
        const own = Object.fromEntries(
          Object.entries(lines).map(([name, values]) => [name, [...values]]),
        );
        const stream = client.request({ accept: "a, b", "x-other": padding, ...own });
        let text = "";
        stream.on("data", (bytes) => {
          text += String(bytes);
        });
        stream.on("end", () => resolve(JSON.parse(text) as Lines)).on("error", reject);
        stream.end();
      });
    // New values push the older entries out of the table, time and again.
    for (let round = 0; round < 30; round += 1) {
      for (const sample of samples) {
        expect(await asked(sample, `${round}-`.repeat(round * 8))).toEqual(sample);
      }
    }
    client.close();
  });
});
