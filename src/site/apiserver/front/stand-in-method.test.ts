import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connect as connectHttp2 } from "node:http2";
import { FrontHouse } from "#test/kit/front-house.ts";

let house: FrontHouse;
beforeEach(() => {
  house = new FrontHouse();
});
afterEach(() => house.end());

describe("a method that nobody knows", () => {
  const methods = ["BREW", "BR", "COPYCOPY", "SUBSCRIBX", "get"];

  test("reaches the API as one that it does not answer to, over HTTP/1.1", async () => {
    const front = await house.start();
    const { socket, all } = await house.dial(front);
    const answered = () => new Promise((resolve) => socket.once("data", resolve));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await answered();
    for (const method of methods) {
      socket.write(`${method} /x HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\nbo`);
      await Bun.sleep(1);
      socket.write("dy: 1");
      await answered();
    }
    socket.write("PUT /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect((await all).match(/[A-Z]+ (?:body: 1)?(?=HTTP|$)/g)).toEqual([
      "GET ",
      ...methods.map(() => "LOCK body: 1"),
      "PUT ",
    ]);
  });

  test("and over HTTP/2, on a connection that goes on", async () => {
    const front = await house.start();
    const client = connectHttp2(`https://127.0.0.1:${front.port}`, { ca: house.pki.ca });
    const ask = (method: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const stream = client.request(
          { ":method": method, ":path": "/x", "x-many": method },
          { endStream: false },
        );
        let text = "";
        stream.on("response", (headers) => {
          text += `${headers[":status"]} `;
        });
        stream.on("data", (bytes) => {
          text += String(bytes);
        });
        stream.on("end", () => resolve(text)).on("error", reject);
        stream.end("body");
      });
    const asked = [...methods, ...methods, "PATCH", "DELETE", "BREW", "SUBSCRIBX", "PUT", "POST"];
    const answers: string[] = [];
    for (const method of asked) answers.push(await ask(method));
    const stood = [
      "200 LOCK body",
      "501 ",
      "200 PROPFIND body",
      "200 PROPPATCH body",
      "200 ACL body",
    ];
    expect(answers).toEqual([
      ...stood,
      ...stood,
      ...["PATCH", "DELETE", "LOCK", "PROPPATCH", "PUT", "POST"].map((one) => `200 ${one} body`),
    ]);
    client.close();
  });
});
