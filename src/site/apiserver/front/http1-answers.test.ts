import { expect, test } from "bun:test";
import { MARK } from "./head-first.ts";
import { Http1Answers } from "./http1-answers.ts";

const HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const CHUNK = `${MARK.length.toString(16)}\r\n${MARK.toString("latin1")}\r\n`;
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

function passed(answers: Http1Answers, pieces: Iterable<Buffer>): string {
  return Buffer.concat([...pieces].map((piece) => answers.pass(piece))).toString("latin1");
}

function* bytewise(bytes: Buffer): Generator<Buffer> {
  for (const byte of bytes) yield Buffer.of(byte);
}

test.each([
  ["alone", `${HEAD}${CHUNK}`, HEAD],
  ["before the rest of a body", `${HEAD}${CHUNK}4\r\nbody\r\n`, `${HEAD}4\r\nbody\r\n`],
  ["behind another head", `${CONTINUE}${HEAD}${CHUNK}0\r\n\r\n`, `${CONTINUE}${HEAD}0\r\n\r\n`],
  [
    "without a chunk",
    `HTTP/1.1 200 OK\r\n\r\n${MARK.toString("latin1")}body`,
    "HTTP/1.1 200 OK\r\n\r\nbody",
  ],
  ["nowhere", `${HEAD}9\r\n123456789\r\n`, `${HEAD}9\r\n123456789\r\n`],
  ["later in a body", `${HEAD}4\r\nbody\r\n${CHUNK}`, `${HEAD}4\r\nbody\r\n${CHUNK}`],
  [
    "in what has become another protocol",
    `HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02${CHUNK}`,
    `HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x02${CHUNK}`,
  ],
])("the mark %s", (_, sent, expected) => {
  expect(passed(new Http1Answers(), [latin1(sent)])).toBe(expected);
  expect(passed(new Http1Answers(), bytewise(latin1(sent)))).toBe(expected);
});

test("is looked for in each answer, and where the client goes on to send meanwhile", () => {
  const answers = new Http1Answers();
  for (const pieces of [[CONTINUE, `${HEAD}${CHUNK}`], [HEAD, CHUNK], [`${HEAD}${CHUNK}`]]) {
    let text = "";
    for (const piece of pieces) {
      answers.asked();
      text += passed(answers, [latin1(piece)]);
    }
    expect(text).toBe(pieces.join("").replace(CHUNK, ""));
    expect(passed(answers, [latin1("4\r\nbody\r\n0\r\n\r\n")])).toBe("4\r\nbody\r\n0\r\n\r\n");
  }
});

test("nothing is held back but half a head or half a mark", () => {
  const answers = new Http1Answers();
  expect(passed(answers, [latin1(`${HEAD}4\r\n`)])).toBe(`${HEAD}4\r\n`);
  answers.asked();
  expect(passed(answers, [latin1("HTTP/2 is no head")])).toBe("HTTP/2 is no head");
  const endless = Buffer.alloc(2 * 1024 * 1024, "HTTP/1.");
  expect(passed(answers, [endless]).length).toBe(endless.length);
});
