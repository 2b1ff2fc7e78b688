import type { Pod } from "#api/object.ts";

export interface DnsConfig {
  /** The mesh's resolver. */
  readonly server: string;
  /** `cluster.local` */
  readonly domain: string;
}

/** kubelet's limits for resolv.conf. */
const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;

interface Resolver {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** A pod's resolv.conf by its `dnsPolicy` and `dnsConfig`; `host` is the text of the host's own. */
export function resolvConf(pod: Pod, dns: DnsConfig, host: string): string {
  const base = resolverOf(pod, dns, host);
  const { nameservers = [], searches = [], options = [] } = pod.spec?.dnsConfig ?? {};
  const servers = unique([...base.servers, ...nameservers]).slice(0, MAX_SERVERS);
  const domains = unique([...base.searches, ...searches]).slice(0, MAX_SEARCHES);
  const own = options.map(({ name = "", value }) => (value ? `${name}:${value}` : name));
  const overridden = new Set(own.map((option) => option.split(":")[0]));
  const kept = base.options.filter((option) => !overridden.has(option.split(":")[0]));
  const lines = [
    ...(domains.length > 0 ? [`search ${domains.join(" ")}`] : []),
    ...servers.map((server) => `nameserver ${server}`),
    ...(kept.length + own.length > 0 ? [`options ${[...kept, ...own].join(" ")}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

interface HostsFacts {
  readonly podIPs: readonly string[];
  readonly domain: string;
  /** The text of the host's own file. */
  readonly host: string;
}

/** A pod's /etc/hosts: its own name and aliases; on the host's network the host's own file. */
export function hostsFile({ metadata, spec }: Pod, { podIPs, domain, host }: HostsFacts): string {
  const hostname = spec?.hostname ?? metadata?.name ?? "";
  const fqdn = spec?.subdomain
    ? `${hostname}.${spec.subdomain}.${metadata?.namespace}.svc.${domain}\t`
    : "";
  const lines = spec?.hostNetwork
    ? ["# Kubernetes-managed hosts file (host network).", host.trimEnd()]
    : [
        "# Kubernetes-managed hosts file.",
        "127.0.0.1\tlocalhost",
        "::1\tlocalhost ip6-localhost ip6-loopback",
        "fe00::0\tip6-localnet",
        "fe00::0\tip6-mcastprefix",
        "fe00::1\tip6-allnodes",
        "fe00::2\tip6-allrouters",
        ...podIPs.map((podIP) => `${podIP}\t${fqdn}${hostname}`),
      ];
  const aliases = (spec?.hostAliases ?? []).map(
    ({ ip, hostnames = [] }) => `${ip}\t${hostnames.join("\t")}`,
  );
  if (aliases.length > 0) lines.push("", "# Entries added by HostAliases.", ...aliases);
  return `${lines.join("\n")}\n`;
}

function resolverOf(
  { metadata, spec }: Pod,
  { server, domain }: DnsConfig,
  host: string,
): Resolver {
  const { dnsPolicy = "ClusterFirst", hostNetwork = false } = spec ?? {};
  if (dnsPolicy === "None") return { servers: [], searches: [], options: [] };
  const ofHost = parse(host);
  if (dnsPolicy === "Default" || (dnsPolicy === "ClusterFirst" && hostNetwork)) return ofHost;
  const zones = [`${metadata?.namespace}.svc.${domain}`, `svc.${domain}`, domain];
  return { servers: [server], searches: [...zones, ...ofHost.searches], options: ["ndots:5"] };
}

function parse(text: string): Resolver {
  const servers: string[] = [];
  let searches: string[] = [];
  const options: string[] = [];
  for (const line of text.split("\n")) {
    const [keyword, ...words] = line.trim().split(/\s+/);
    if (keyword === "nameserver") servers.push(...words.slice(0, 1));
    if (keyword === "search" || keyword === "domain")
      searches = words.filter((word) => word !== ".");
    if (keyword === "options") options.push(...words);
  }
  return { servers, searches, options };
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
