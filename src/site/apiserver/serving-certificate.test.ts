import { expect, test } from "bun:test";
import { silentLogger } from "#lib/log.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import type { FrontTls } from "./front/listener.ts";
import type { Pki } from "./pki.ts";
import { ServingCertificate } from "./serving-certificate.ts";

const pki = (certificate: string): Pki => ({
  ...{ ca: "ca", caKey: "ca key", certificate, key: "key", adminToken: "token" },
  notAfter: new Date("2036-01-01"),
});

function start() {
  const clock = new ManualClock();
  const stop = new AbortController();
  const shown: FrontTls[] = [];
  let next: () => Pki | undefined = () => undefined;
  const errors: unknown[] = [];
  const log = { ...silentLogger, error: (_: string, fields?: object) => void errors.push(fields) };
  const serving = new ServingCertificate({
    pki: pki("first"),
    renewed: () => next(),
    timer: clock,
    log,
  });
  serving.keep({ replaceCertificate: (tls) => void shown.push(tls) }, stop.signal);
  return { clock, stop, shown, errors, serving, becomes: (one: typeof next) => (next = one) };
}

test("a certificate that should no longer be is replaced while the front serves", () => {
  const { clock, shown, serving, becomes } = start();
  clock.advance(30_000);
  expect(shown).toEqual([]);
  becomes(() => pki("second"));
  clock.advance(30_000);
  expect(shown).toEqual([{ certificate: "second", key: "key", clientCa: "ca" }]);
  expect(serving.current.certificate).toBe("second");
});

test("what fails is told once and tried again", () => {
  const { clock, shown, errors, becomes } = start();
  becomes(() => {
    throw new Error("no room");
  });
  clock.advance(120_000);
  expect(errors).toHaveLength(1);
  becomes(() => pki("second"));
  clock.advance(30_000);
  expect(shown).toHaveLength(1);
});

test("nobody looks any more after the end", () => {
  const { clock, stop } = start();
  clock.advance(30_000);
  stop.abort();
  expect(clock.alarms).toBe(0);
});
