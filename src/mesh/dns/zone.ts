import { contains, parseCidr, tryParseIPv4 } from "#lib/cidr.ts";
import type { MeshService, MeshTable } from "../table.ts";
import { RCODE, TYPE, type ZoneAnswer, type ZoneRecord } from "./records.ts";

export interface ZoneOptions {
  /** `cluster.local` */
  readonly domain: string;
  readonly dnsAddress: string;
  readonly podCIDR: string;
  readonly serviceCIDR: string;
}

/** An answer; or the question is not ours; or the name stands for a foreign one. */
export type Resolution = ZoneAnswer | "foreign" | { readonly alias: string };

const REVERSE = ["in-addr", "arpa"];

/**
 * The names of the cluster, after the Kubernetes DNS specification 1.1.0, and in short forms:
 * `svc.ns` and `svc.ns.svc` beside `svc.ns.svc.cluster.local`. A name is matched whole: one that
 * merely begins like a Service's (`web.default.example.com`) is not ours.
 */
export class Zone {
  readonly #options: ZoneOptions;
  readonly #table: MeshTable;
  readonly #domain: readonly string[];
  readonly #namespaces: ReadonlySet<string>;
  readonly #reverse: ReadonlyMap<string, readonly string[]>;

  constructor(options: ZoneOptions, table: MeshTable) {
    this.#options = options;
    this.#table = table;
    this.#domain = options.domain.toLowerCase().split(".");
    this.#namespaces = new Set([...table.values()].map(({ namespace }) => namespace));
    this.#reverse = reverseNames(table, options.domain);
  }

  /** @param labels of the name, in lower case. */
  resolve(labels: readonly string[], type: number): Resolution {
    const reverse = without(labels, REVERSE);
    if (reverse) return this.#pointer(reverse, type);
    const inside = without(labels, this.#domain);
    if (inside) return this.#inside(inside, type);
    const [service, namespace, kind] = labels;
    if (labels.length === 2 && service !== undefined && namespace !== undefined) {
      const found = this.#table.get(`${namespace}/${service}`);
      if (found) return this.#service(found, type);
    }
    const last = labels.at(-1);
    // No top-level domain is called `svc` or `pod`: these never leave the box.
    if (kind !== undefined && (last === "svc" || last === "pod")) return this.#inside(labels, type);
    return "foreign";
  }

  /** `labels`: what stands before the cluster domain. */
  #inside(labels: readonly string[], type: number): Resolution {
    if (labels.length === 0) return this.#apex(type);
    if (labels.length === 2 && labels.join(".") === "ns.dns") {
      return this.#records(type, [{ type: TYPE.A, address: this.#options.dnsAddress }]);
    }
    const before = labels.slice(0, -1);
    if (labels.at(-1) === "svc") return this.#services(before, type);
    if (labels.at(-1) === "pod") return this.#pods(before, type);
    return this.#empty(labels.join(".") === "dns" ? RCODE.noError : RCODE.nameError);
  }

  #apex(type: number): ZoneAnswer {
    const { domain } = this.#options;
    const all: ZoneRecord[] = [
      { type: TYPE.SOA, zone: domain },
      { type: TYPE.NS, ns: `ns.dns.${domain}` },
    ];
    return this.#records(type, all);
  }

  /** `[endpoint.|_port._protocol.]service.namespace`, what stands before `svc`. */
  #services(labels: readonly string[], type: number): Resolution {
    const [name, namespace] = labels.slice(-2);
    if (labels.length < 2) return this.#emptyNamespace(labels[0]);
    const service = this.#table.get(`${namespace}/${name}`);
    if (!service) return this.#empty(RCODE.nameError);
    const [first = "", second = ""] = labels;
    if (labels.length === 2) return this.#service(service, type);
    if (labels.length === 3) return this.#endpoint(service, first, type);
    if (labels.length === 4) return this.#port(service, { port: first, protocol: second }, type);
    return this.#empty(RCODE.nameError);
  }

  #service(service: MeshService, type: number): Resolution {
    if (service.externalName !== undefined) return this.#external(service.externalName, type);
    const records: ZoneRecord[] = [
      ...addressesOf(service).map((address) => ({ type: TYPE.A, address })),
      ...this.#ports(service, () => true),
    ];
    // "If there are no endpoints in ready state for the headless Service, NXDOMAIN" (spec 2.4.1).
    if (records.length === 0) return this.#empty(RCODE.nameError);
    return this.#records(type, records, this.#glue(service, type));
  }

  #external(name: string, type: number): Resolution {
    const found = type === TYPE.CNAME || type === TYPE.ANY;
    return found ? this.#records(type, [{ type: TYPE.CNAME, domain: name }]) : { alias: name };
  }

  /** `hostname.service…` or `10-42-0-5.service…` of a headless Service. */
  #endpoint(service: MeshService, label: string, type: number): ZoneAnswer {
    const hosts = service.clusterIP === undefined ? service.hosts : [];
    const found = hosts.filter(
      (host) => hostLabel(host) === label || dashed(host.address) === label,
    );
    if (found.length > 0) {
      return this.#records(
        type,
        found.map(({ address }) => ({ type: TYPE.A, address })),
      );
    }
    // `_tcp.service…` is an empty name above those of the ports.
    const isProtocol = service.ports.some((port) => `_${port.protocol.toLowerCase()}` === label);
    return this.#empty(isProtocol ? RCODE.noError : RCODE.nameError);
  }

  #port(
    service: MeshService,
    asked: { readonly port: string; readonly protocol: string },
    type: number,
  ): ZoneAnswer {
    const records = this.#ports(
      service,
      ({ name, protocol }) =>
        name !== "" && `_${name}` === asked.port && `_${protocol.toLowerCase()}` === asked.protocol,
    );
    if (records.length === 0) return this.#empty(RCODE.nameError);
    return this.#records(type, records, this.#glue(service, type));
  }

  /** The SRV records of a Service: to itself, or to each host of a headless one. */
  #ports(
    service: MeshService,
    admits: (port: MeshService["ports"][number]) => boolean,
  ): ZoneRecord[] {
    const self = this.#nameOf(service);
    return service.ports.filter(admits).flatMap((port): ZoneRecord[] => {
      if (service.clusterIP !== undefined) {
        return [{ type: TYPE.SRV, port: port.port, target: self }];
      }
      return port.endpoints.map((endpoint) => {
        const host = service.hosts.find((one) => one.address === endpoint.address) ?? endpoint;
        return { type: TYPE.SRV, port: endpoint.port, target: `${hostLabel(host)}.${self}` };
      });
    });
  }

  /** The addresses of what SRV records point to, so that nobody has to ask again. */
  #glue(service: MeshService, type: number): ZoneRecord[] {
    if (type !== TYPE.SRV) return [];
    const self = this.#nameOf(service);
    if (service.clusterIP !== undefined) {
      return [{ name: self, type: TYPE.A, address: service.clusterIP }];
    }
    return service.hosts.map((host) => ({
      name: `${hostLabel(host)}.${self}`,
      type: TYPE.A,
      address: host.address,
    }));
  }

  /** `10-42-0-5.namespace`, what stands before `pod`. */
  #pods(labels: readonly string[], type: number): ZoneAnswer {
    const [name = "", namespace = ""] = labels;
    if (labels.length < 2) return this.#emptyNamespace(labels[0]);
    const address = tryParseIPv4(name.replaceAll("-", "."));
    const known = address !== undefined && contains(parseCidr(this.#options.podCIDR), address);
    if (labels.length > 2 || !known || !this.#namespaces.has(namespace)) {
      return this.#empty(RCODE.nameError);
    }
    return this.#records(type, [{ type: TYPE.A, address: name.replaceAll("-", ".") }]);
  }

  /** `labels`: the numbers before `in-addr.arpa`, the last one first. */
  #pointer(labels: readonly string[], type: number): Resolution {
    const text = labels.toReversed().join(".");
    const address = tryParseIPv4(text);
    if (address === undefined || !this.#isOurs(text, address)) return "foreign";
    const names = this.#reverse.get(text) ?? [];
    if (names.length === 0) return this.#empty(RCODE.nameError);
    return this.#records(
      type,
      names.map((domain) => ({ type: TYPE.PTR, domain })),
    );
  }

  #isOurs(text: string, address: number): boolean {
    const { podCIDR, serviceCIDR } = this.#options;
    const ranges = [podCIDR, serviceCIDR].map(parseCidr);
    return this.#reverse.has(text) || ranges.some((range) => contains(range, address));
  }

  /** A name that has nothing itself but has names below it. */
  #emptyNamespace(namespace: string | undefined): ZoneAnswer {
    const exists = namespace === undefined || this.#namespaces.has(namespace);
    return this.#empty(exists ? RCODE.noError : RCODE.nameError);
  }

  #records(
    type: number,
    records: readonly ZoneRecord[],
    additionals: readonly ZoneRecord[] = [],
  ): ZoneAnswer {
    const answers = records.filter((one) => type === TYPE.ANY || one.type === type);
    if (answers.length === 0) return this.#empty(RCODE.noError);
    return { rcode: RCODE.noError, answers, authorities: [], additionals };
  }

  #empty(rcode: number): ZoneAnswer {
    const { domain } = this.#options;
    const authorities: ZoneRecord[] = [{ name: domain, type: TYPE.SOA, zone: domain }];
    return { rcode, answers: [], authorities, additionals: [] };
  }

  #nameOf(service: MeshService): string {
    return `${service.name}.${service.namespace}.svc.${this.#options.domain}`;
  }
}

/** The labels before a suffix; `undefined` where the name does not end so. */
function without(
  labels: readonly string[],
  suffix: readonly string[],
): readonly string[] | undefined {
  const at = labels.length - suffix.length;
  if (at < 0 || suffix.some((label, index) => labels[at + index] !== label)) return undefined;
  return labels.slice(0, at);
}

function addressesOf({ clusterIP, hosts }: MeshService): readonly string[] {
  return clusterIP === undefined ? hosts.map(({ address }) => address) : [clusterIP];
}

function hostLabel(host: { readonly address: string; readonly hostname?: string }): string {
  return host.hostname ?? dashed(host.address);
}

function dashed(address: string): string {
  return address.replaceAll(".", "-");
}

/** Address → the names it has: ClusterIPs, and hosts of headless Services. */
function reverseNames(table: MeshTable, domain: string): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  const add = (address: string, name: string): void => {
    names.set(address, [...(names.get(address) ?? []), name]);
  };
  for (const service of table.values()) {
    const self = `${service.name}.${service.namespace}.svc.${domain}`;
    if (service.clusterIP !== undefined) add(service.clusterIP, self);
    else for (const host of service.hosts) add(host.address, `${hostLabel(host)}.${self}`);
  }
  return names;
}
