import { readFileSync } from "node:fs";
import { errorCode } from "#lib/errors.ts";
import { type Finding, findingOf } from "./finding.ts";

/** TCP_LISTEN of net/tcp_states.h. */
const LISTENING = 10;
const ANY = /^0+$/;

/** A socket that waits for others. */
interface Listener {
  readonly protocol: "tcp" | "udp";
  readonly port: number;
  /** On every address of the box. */
  readonly everywhere: boolean;
}

/**
 * Whether the ports of the API and of DNS are free. DNS answers on an address of its own, so that
 * only what listens everywhere is in its way.
 */
export function probePorts(apiPort: number): readonly Finding[] {
  const listeners = readListeners();
  const api = findingOf(`port ${apiPort}`, "site");
  const dns = findingOf("port 53", "site");
  const apiTaken = listeners.some(({ protocol, port }) => protocol === "tcp" && port === apiPort);
  const dnsTaken = listeners.filter(({ port, everywhere }) => port === 53 && everywhere);
  return [
    apiTaken
      ? api.failed(
          "somebody listens there",
          `Stop what listens on it (ss -ltnp 'sport = :${apiPort}'), or choose another --port`,
        )
      : api.ok("free"),
    dnsTaken.length > 0
      ? dns.note(
          "somebody listens there on all addresses",
          "Tell that DNS server to listen on its own addresses only (dnsmasq: bind-interfaces)",
        )
      : dns.ok("free where pods ask"),
  ];
}

function readListeners(): readonly Listener[] {
  return (["tcp", "udp"] as const).flatMap((protocol) =>
    [protocol, `${protocol}6`].flatMap((file) =>
      parseListeners(protocol, read(`/proc/net/${file}`)),
    ),
  );
}

/** The lines of /proc/net/tcp and its like: `sl local_address rem_address st …`, in hexadecimal. */
export function parseListeners(protocol: Listener["protocol"], table: string): readonly Listener[] {
  return table.split("\n").flatMap((line) => {
    const fields = /^\s*\d+: (\w+):(\w{4}) \w+:(\w{4}) (\w{2})/.exec(line);
    if (fields === null) return [];
    const [, address = "", port = "", remotePort = "", state = ""] = fields;
    // A socket of UDP that is connected to somebody does not wait for others.
    const waits = protocol === "tcp" ? parseInt(state, 16) === LISTENING : remotePort === "0000";
    return waits ? [{ protocol, port: parseInt(port, 16), everywhere: ANY.test(address) }] : [];
  });
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return "";
    throw error;
  }
}
