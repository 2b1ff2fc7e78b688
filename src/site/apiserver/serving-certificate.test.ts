import { expect, test } from "bun:test";
import { silentLogger } from "#lib/log.ts";
import { ManualClock } from "#test/kit/manual-clock.ts";
import type { FrontTls } from "./front/listener.ts";
import type { Pki } from "./pki.ts";
import { ServingCertificate } from "./serving-certificate.ts";

const pki = (certificate: string): Pki => ({
  ...{ ca: "ca", caKey: "ca key", certificate, key: "key", adminToken: "token" },
  notAfter: new Date("2036-01-01"),
  renewAfter: new Date("2032-01-01"),
});

function start() {
  const clock = new ManualClock();
  const stop = new AbortController();
  const shown: FrontTls[] = [];
  const host = { name: "box", changed: (): void => undefined, isWatched: false, looks: 0 };
  let next: () => Pki | undefined = () => undefined;
  const errors: unknown[] = [];
  const log = { ...silentLogger, error: (_: string, fields?: object) => void errors.push(fields) };
  const serving = new ServingCertificate({
    pki: pki("first"),
    renewed: () => {
      host.looks += 1;
      return next();
    },
    hostName: () => host.name,
    onAddresses: (listener) => {
      host.changed = listener;
      host.isWatched = true;
      return { [Symbol.dispose]: () => Object.assign(host, { isWatched: false }) };
    },
    ...{ clock, timer: clock, log },
  });
  const front = { replaceCertificate: (tls: FrontTls) => void shown.push(tls) };
  const keep = (): void => {
    serving.keep(front, stop.signal);
    clock.advance(0);
    host.looks = 0;
  };
  return {
    clock,
    stop,
    shown,
    errors,
    serving,
    host,
    keep,
    becomes: (one: typeof next) => (next = one),
  };
}

const SECOND: FrontTls = { certificate: "second", key: "key", clientCa: "ca" };

test("what changed before the front served is seen", () => {
  const { shown, keep, becomes } = start();
  becomes(() => pki("second"));
  keep();
  expect(shown).toEqual([SECOND]);
});

test("new addresses are seen, once for all that came together", () => {
  const { clock, shown, serving, host, keep, becomes } = start();
  keep();
  becomes(() => pki("second"));
  for (let count = 0; count < 3; count += 1) host.changed();
  expect(shown).toEqual([]);
  clock.advance(0);
  expect(shown).toEqual([SECOND]);
  expect(serving.current.certificate).toBe("second");
  expect(clock.alarms).toBe(0);
});

test("who connects makes a name that is new be seen, and a certificate that is due be renewed", () => {
  const { clock, shown, serving, host, keep, becomes } = start();
  keep();
  serving.onConnection();
  clock.advance(1000);
  expect(host.looks).toBe(0);
  host.name = "other";
  serving.onConnection();
  clock.advance(0);
  // The names of the certificate are the same: nobody looks again.
  serving.onConnection();
  clock.advance(1000);
  expect([host.looks, shown]).toEqual([1, []]);
  becomes(() => pki("second"));
  clock.advance(2 * 366 * 24 * 3_600_000);
  expect(shown).toEqual([]);
  serving.onConnection();
  clock.advance(0);
  expect(shown).toEqual([SECOND]);
});

test("what fails is told once and tried again, in its own time", () => {
  const { clock, shown, errors, host, keep, becomes, serving } = start();
  keep();
  becomes(() => {
    throw new Error("no room");
  });
  host.name = "other";
  for (let count = 0; count < 100; count += 1) {
    serving.onConnection();
    clock.advance(1000);
  }
  expect(host.looks).toBe(4);
  expect(errors).toHaveLength(1);
  becomes(() => pki("second"));
  clock.advance(30_000);
  expect(shown).toHaveLength(1);
});

test("nothing is looked at while nobody is there, nor after the end", () => {
  const { clock, stop, host, serving, keep } = start();
  keep();
  expect([clock.alarms, host.isWatched]).toEqual([0, true]);
  host.changed();
  stop.abort();
  host.changed();
  host.name = "other";
  serving.onConnection();
  expect([clock.alarms, host.isWatched]).toEqual([0, false]);
});
