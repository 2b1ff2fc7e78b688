import { expect, test } from "bun:test";
import { silentLogger } from "#lib/log.ts";
import { type SendingSocket, UdpSender } from "./udp-sender.ts";

const GONE = "10.42.0.9";

/** Remembers what was sent; refuses what goes to an address that is gone. */
function recorder() {
  const calls: string[] = [];
  const check = (address: unknown): void => {
    if (address === GONE) throw new Error("ENETUNREACH");
  };
  const socket: SendingSocket = {
    send(message, port, address) {
      check(address);
      calls.push(`${message} to ${address}:${port}`);
      return true;
    },
    sendMany(messages) {
      for (const part of messages) check(part);
      calls.push(messages.join(" "));
      return messages.length / 3;
    },
  };
  return { socket, calls };
}

const outgoing = (text: string, address = "10.42.0.2") => ({
  answer: Buffer.from(text),
  port: 5000,
  address,
});
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("all answers of one turn go out together", async () => {
  const { socket, calls } = recorder();
  const sender = new UdpSender({ signal: new AbortController().signal, log: silentLogger });
  sender.send(socket, outgoing("a"));
  sender.send(socket, outgoing("b"));
  await turn();
  sender.send(socket, outgoing("c"));
  await turn();
  expect(calls).toEqual(["a 5000 10.42.0.2 b 5000 10.42.0.2", "c 5000 10.42.0.2"]);
});

test("a client that is gone costs the others nothing", async () => {
  const { socket, calls } = recorder();
  const sender = new UdpSender({ signal: new AbortController().signal, log: silentLogger });
  for (const one of [outgoing("a"), outgoing("b", GONE), outgoing("c")]) sender.send(socket, one);
  await turn();
  expect(calls).toEqual(["a to 10.42.0.2:5000", "c to 10.42.0.2:5000"]);
});

test("nothing is sent after the end", async () => {
  const { socket, calls } = recorder();
  const stop = new AbortController();
  new UdpSender({ signal: stop.signal, log: silentLogger }).send(socket, outgoing("a"));
  stop.abort();
  await turn();
  expect(calls).toEqual([]);
});
