import { expect, test } from "bun:test";
import { MARK } from "./head-first.ts";
import { Http2Answers } from "./http2-answers.ts";

const [DATA, HEADERS, RST_STREAM, SETTINGS] = [0, 1, 3, 4];
const [END_STREAM, PADDED] = [1, 8];

interface Frame {
  readonly type: number;
  readonly stream: number;
  readonly flags?: number;
  readonly payload?: Uint8Array | string;
}

function frame({ type, stream, flags = 0, payload = "" }: Frame) {
  const head = Buffer.from([0, 0, 0, type, flags, 0, 0, 0, stream]);
  head.writeUIntBE(payload.length, 0, 3);
  return Buffer.concat([head, Buffer.from(payload)]);
}

const frames = (...all: readonly Frame[]) => Buffer.concat(all.map(frame));

const zeros = (count: number): Buffer => Buffer.alloc(count);
const [MARK_BYTES, MORE] = [MARK.length, Buffer.from("more")];

const ANSWERS: readonly (readonly [string, readonly Frame[], readonly Frame[]])[] = [
  [
    "alone",
    [
      { type: HEADERS, stream: 1 },
      { type: DATA, stream: 1, payload: MARK },
    ],
    [
      { type: HEADERS, stream: 1 },
      {
        ...{ type: DATA, stream: 1, flags: PADDED },
        payload: Buffer.concat([Buffer.of(MARK_BYTES - 1), zeros(MARK_BYTES - 1)]),
      },
    ],
  ],
  [
    "with what follows, which is the last",
    [
      { type: SETTINGS, stream: 0, payload: MARK },
      { type: HEADERS, stream: 1 },
      { type: DATA, stream: 1, flags: END_STREAM, payload: Buffer.concat([MARK, MORE]) },
    ],
    [
      { type: SETTINGS, stream: 0, payload: MARK },
      { type: HEADERS, stream: 1 },
      {
        ...{ type: DATA, stream: 1, flags: END_STREAM | PADDED },
        payload: Buffer.concat([Buffer.of(MARK_BYTES - 1), MORE, zeros(MARK_BYTES - 1)]),
      },
    ],
  ],
  [
    "in pieces, among those of other streams",
    [
      { type: HEADERS, stream: 1 },
      { type: HEADERS, stream: 3 },
      { type: DATA, stream: 1, payload: MARK.subarray(0, 1) },
      { type: DATA, stream: 3, payload: MORE },
      { type: DATA, stream: 1 },
      { type: DATA, stream: 1, payload: Buffer.concat([MARK.subarray(1), MORE]) },
      { type: DATA, stream: 1, payload: MARK },
    ],
    [
      { type: HEADERS, stream: 1 },
      { type: HEADERS, stream: 3 },
      { type: DATA, stream: 1, flags: PADDED, payload: zeros(1) },
      { type: DATA, stream: 3, payload: MORE },
      { type: DATA, stream: 1 },
      {
        ...{ type: DATA, stream: 1, flags: PADDED },
        payload: Buffer.concat([Buffer.of(MARK_BYTES - 2), MORE, zeros(MARK_BYTES - 2)]),
      },
      { type: DATA, stream: 1, payload: MARK },
    ],
  ],
];

test.each(ANSWERS)("the mark becomes padding, %s", (_, sent, expected) => {
  expect(new Http2Answers().pass(frames(...sent))).toEqual(frames(...expected));
  const answers = new Http2Answers();
  const pieces: Uint8Array[] = [];
  for (const byte of frames(...sent)) pieces.push(answers.pass(Buffer.of(byte)));
  expect(Buffer.concat(pieces)).toEqual(frames(...expected));
});

test.each<readonly [string, ...(readonly Frame[])]>([
  ["a body without one", { type: HEADERS, stream: 1 }, { type: DATA, stream: 1, payload: MORE }],
  [
    "one that is not at the beginning of its body",
    { type: HEADERS, stream: 1 },
    { type: DATA, stream: 1, payload: MORE },
    { type: DATA, stream: 1, payload: MARK },
  ],
  [
    "the body of a stream that was given up",
    { type: HEADERS, stream: 1 },
    { type: RST_STREAM, stream: 1, payload: zeros(4) },
    { type: DATA, stream: 1, payload: MARK },
  ],
])("%s stays as it is", (_, ...sent) => {
  expect(new Http2Answers().pass(frames(...sent))).toEqual(frames(...sent));
});

test("a body that began with the mark may be quiet until either side ends it", () => {
  const answers = new Http2Answers();
  const begin = (stream: number): void => {
    answers.pass(frames({ type: HEADERS, stream }, { type: DATA, stream, payload: MARK }));
    expect(answers.isLong).toBe(true);
  };
  begin(1);
  answers.pass(frame({ type: DATA, stream: 1, flags: END_STREAM }));
  expect(answers.isLong).toBe(false);
  begin(3);
  answers.pass(frame({ type: RST_STREAM, stream: 3, payload: zeros(4) }));
  expect(answers.isLong).toBe(false);
  begin(5);
  answers.gaveUp(5);
  expect(answers.isLong).toBe(false);
});

test("a request is waited for until its answer begins, or either side ends it", () => {
  const answers = new Http2Answers();
  const begin = (stream: number): void => {
    answers.requested(stream);
    expect(answers.isLong).toBe(true);
  };
  begin(1);
  answers.pass(frame({ type: HEADERS, stream: 1, flags: END_STREAM }));
  expect(answers.isLong).toBe(false);
  begin(3);
  answers.pass(frame({ type: RST_STREAM, stream: 3, payload: zeros(4) }));
  begin(5);
  answers.gaveUp(5);
  // What comes behind a body is no request.
  answers.requested(3);
  expect(answers.isLong).toBe(false);
});

test("what is no part of a mark is not held back", () => {
  const answers = new Http2Answers();
  answers.pass(frame({ type: HEADERS, stream: 1 }));
  const bytes = frame({ type: DATA, stream: 1, payload: "a long body" });
  expect(answers.pass(bytes.subarray(0, 10))).toEqual(bytes.subarray(0, 10));
});
