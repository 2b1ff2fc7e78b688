import { mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Container, Pod } from "#api/object.ts";
import { errorCode } from "#lib/errors.ts";
import { type DnsConfig, hostsFile, resolvConf } from "../container/dns-files.ts";
import type { RuntimeContainer } from "../runtime/types.ts";

/** Kubernetes' limit for a termination message. */
const MAX_MESSAGE_BYTES = 4096;

/** The files of one pod beside its volumes: resolv.conf, hosts, termination messages. */
export class PodFiles {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Writes what the pod's resolver reads. */
  async writeNetwork(pod: Pod, podIPs: readonly string[], dns: DnsConfig): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o750 });
    const [resolver, hosts] = await Promise.all([
      readOr("/etc/resolv.conf", ""),
      readOr("/etc/hosts", "127.0.0.1\tlocalhost\n"),
    ]);
    await Promise.all([
      writeFile(this.resolvConf, resolvConf(pod, dns, resolver)),
      writeFile(this.hosts, hostsFile(pod, { podIPs, domain: dns.domain, host: hosts })),
    ]);
  }

  get resolvConf(): string {
    return join(this.directory, "resolv.conf");
  }

  get hosts(): string {
    return join(this.directory, "etc-hosts");
  }

  /** Makes the file that a container leaves its last words in; the container's user may write it. */
  async makeTerminationLog({ name }: Container, attempt: number): Promise<string> {
    const directory = join(this.directory, "containers", name);
    await mkdir(directory, { recursive: true, mode: 0o750 });
    const path = join(directory, `termination-log-${attempt}`);
    await writeFile(path, "", { mode: 0o666 });
    return path;
  }

  async terminationMessage({ terminationMessageFile: path }: RuntimeContainer): Promise<string> {
    if (path === undefined) return "";
    try {
      await using file = await open(path);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_MESSAGE_BYTES));
      return buffer.subarray(0, bytesRead).toString();
    } catch (error) {
      if (errorCode(error) === "ENOENT") return "";
      throw error;
    }
  }

  async remove(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }
}

async function readOr(path: string, fallback: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return fallback;
    throw error;
  }
}
