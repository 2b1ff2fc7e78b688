import { expect, test } from "bun:test";
import { statSync } from "node:fs";
import { deviceNumber, deviceNumbers } from "./number.ts";

test("a device's numbers are packed as the kernel has them, and found again", () => {
  expect(deviceNumber({ major: 1, minor: 3 })).toBe(statSync("/dev/null").rdev);
  for (const numbers of [
    { major: 8, minor: 1 },
    { major: 4095, minor: 255 },
    { major: 136, minor: 0xfffff },
  ]) {
    expect(deviceNumbers(deviceNumber(numbers))).toEqual(numbers);
  }
});
