import { expect, test } from "bun:test";
import { age, goDuration, humanDuration } from "./duration-text.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

test.each([
  [-2 * SECOND, "<invalid>"],
  [-SECOND, "0s"],
  [-1, "0s"],
  [0, "0s"],
  [999, "0s"],
  [119 * SECOND, "119s"],
  [2 * MINUTE, "2m"],
  [2 * MINUTE + 30 * SECOND, "2m30s"],
  [9 * MINUTE + 59 * SECOND, "9m59s"],
  [10 * MINUTE + 59 * SECOND, "10m"],
  [179 * MINUTE, "179m"],
  [3 * HOUR, "3h"],
  [7 * HOUR + 59 * MINUTE, "7h59m"],
  [8 * HOUR + 59 * MINUTE, "8h"],
  [47 * HOUR, "47h"],
  [2 * DAY, "2d"],
  [2 * DAY + 5 * HOUR, "2d5h"],
  [8 * DAY + 5 * HOUR, "8d"],
  [729 * DAY, "729d"],
  [2 * YEAR, "2y"],
  [2 * YEAR + 10 * DAY, "2y10d"],
  [8 * YEAR + 10 * DAY, "8y"],
])("%d ms are %s", (ms, text) => {
  expect(humanDuration(ms)).toBe(text);
});

test("an age without a time is unknown", () => {
  const now = new Date("2024-01-01T00:05:00Z");
  expect(age(undefined, now)).toBe("<unknown>");
  expect(age("", now)).toBe("<unknown>");
  expect(age("2024-01-01T00:00:00Z", now)).toBe("5m");
});

test.each([
  [0, "0s"],
  [0.000012, "12ns"],
  [0.0015, "1.5µs"],
  [1.5, "1.5ms"],
  [999.999999, "999.999999ms"],
  [1500, "1.5s"],
  [90_000, "1m30s"],
  [3_605_000.5, "1h0m5.0005s"],
])("%p ms are %p to Go", (ms, text) => {
  expect(goDuration(ms)).toBe(text);
});
