import { expect, test } from "bun:test";
import { parseGoTime } from "./go-time.ts";

/** Observed on Go 1.26. */
test.each([
  ["2024-01-01", 0, ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
  ["2024-01-01T00:00:00", 0, ' as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"'],
  ["2024-13-01T00:00:00Z", 0, ": month out of range"],
  ["2024-02-30T00:00:00Z", 0, ": day out of range"],
  ["2024-01-01T25:00:00.000000Z", 6, ": hour out of range"],
  ["2024-01-01T00:00:60Z", 0, ": second out of range"],
  ["2024-02-3 00:00:00Z", 0, ' as "2006-01-02T15:04:05Z07:00": cannot parse "3 00:00:00Z" as "02"'],
  [
    "2024-02-03T00:00:00+0100",
    0,
    ' as "2006-01-02T15:04:05Z07:00": cannot parse "+0100" as "Z07:00"',
  ],
  ["2024-01-01t00:00:00z", 0, ' as "2006-01-02T15:04:05Z07:00": cannot parse "t00:00:00z" as "T"'],
  ["2024-01-01T00:00:00Z tail", 0, ': extra text: " tail"'],
  [
    "2024-01-01T00:00:00.123Z",
    6,
    ' as "2006-01-02T15:04:05.000000Z07:00": cannot parse ".123Z" as ".000000"',
  ],
  [
    "2024-01-01T00:00:00.1234567Z",
    6,
    ' as "2006-01-02T15:04:05.000000Z07:00": cannot parse "7Z" as "Z07:00"',
  ],
])("%s is no time", (text, digits, why) => {
  expect(() => parseGoTime(text, digits)).toThrow(`parsing time "${text}"${why}`);
});

test.each([
  ["0000-01-01T00:00:00Z", "0000-01-01T00:00:00", ""],
  ["2024-01-01T00:00:00,5Z", "2024-01-01T00:00:00", "5"],
  ["2024-01-01T00:00:00+24:00", "2023-12-31T00:00:00", ""],
  ["2024-02-29T23:59:59-00:30", "2024-03-01T00:29:59", ""],
])("%s is one", (text, seconds, fraction) => {
  expect(parseGoTime(text, 0)).toEqual({ seconds, fraction });
});
