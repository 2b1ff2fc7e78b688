import { output } from "./process.ts";

/** A firewall of a host that is not ours, as its own programs load it. */
export interface HostFirewall {
  readonly name: string;
  /** Loads the rules, in place of those that a load before has made. */
  load(): Promise<unknown>;
  /** Whether the kernel tells of changes: the old interface of iptables does not. */
  readonly tellsOfChanges: boolean;
  /** Whether programs of the host are closed to the world. */
  readonly closesInput: boolean;
}

/** What firewalld 1.3 makes of its zone `public` with ssh open. */
const FIREWALLD = `
table inet firewalld
delete table inet firewalld
table inet firewalld {
  chain filter_INPUT {
    type filter hook input priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_INPUT_ZONES
    reject with icmpx admin-prohibited
  }
  chain filter_FORWARD {
    type filter hook forward priority filter + 10; policy accept;
    ct state { established, related } accept
    ct status dnat accept
    iifname "lo" accept
    ct state invalid drop
    jump filter_FORWARD_ZONES
    reject with icmpx admin-prohibited
  }
  chain filter_OUTPUT {
    type filter hook output priority filter + 10; policy accept;
    ct state { established, related } accept
    oifname "lo" accept
  }
  chain filter_INPUT_ZONES { goto filter_IN_public; }
  chain filter_FORWARD_ZONES { goto filter_FWD_public; }
  chain filter_IN_public {
    tcp dport 22 accept
    meta l4proto { icmp, ipv6-icmp } accept
    reject with icmpx admin-prohibited
  }
  chain filter_FWD_public {
    iifname "lan0" oifname "lan0" accept
    reject with icmpx admin-prohibited
  }
}
`;

/** Turns ufw on with ssh open, or loads it anew; its settings are a copy that goes again. */
const START_UFW = `
  set -e
  settings=$(mktemp -d)
  cp -a /etc/ufw/. "$settings"
  mount --bind "$settings" /etc/ufw
  ufw allow ssh
  ufw --force enable
  umount /etc/ufw
  rm -r "$settings"
`;

/** What ufw 0.36 makes of "deny incoming, deny routed" with ssh open; its logging left out. */
const UFW = `
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:ufw-before-input - [0:0]
:ufw-before-forward - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-before-input
-A FORWARD -j ufw-before-forward
-A ufw-before-input -i lo -j ACCEPT
-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-input -m conntrack --ctstate INVALID -j DROP
-A ufw-before-input -p icmp --icmp-type echo-request -j ACCEPT
-A ufw-before-input -j ufw-user-input
-A ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A ufw-before-forward -p icmp --icmp-type echo-request -j ACCEPT
-A ufw-user-input -p tcp --dport 22 -j ACCEPT
COMMIT
`;

/** What the service iptables of RHEL and its kin begins with: no policy, but a last rule. */
const LAST_RULE = `
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp -m state --state NEW -m tcp --dport 22 -j ACCEPT
-A INPUT -j REJECT --reject-with icmp-host-prohibited
-A FORWARD -j REJECT --reject-with icmp-host-prohibited
COMMIT
`;

/** What dockerd 28 makes for its bridge. */
const DOCKER = `
*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-FORWARD - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-FORWARD
-A DOCKER-FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A DOCKER-FORWARD -i docker0 -j ACCEPT
-A DOCKER-FORWARD -o docker0 -j DOCKER
-A DOCKER ! -i docker0 -o docker0 -j DROP
COMMIT
`;

/** The firewalls that a Linux box is likely to have. */
export const FIREWALLS: readonly HostFirewall[] = [
  {
    name: "firewalld",
    load: () => output(["nft", "-f", "-"], { stdin: FIREWALLD }),
    tellsOfChanges: true,
    closesInput: true,
  },
  {
    name: "ufw",
    load: () => output(["unshare", "--mount", "sh", "-c", START_UFW]),
    tellsOfChanges: true,
    closesInput: true,
  },
  {
    name: "the service iptables",
    load: () => output(["iptables-nft-restore"], { stdin: LAST_RULE }),
    tellsOfChanges: true,
    closesInput: true,
  },
  {
    name: "ufw on the old iptables",
    load: () => output(["iptables-legacy-restore"], { stdin: UFW }),
    tellsOfChanges: false,
    closesInput: true,
  },
  {
    name: "Docker",
    load: () => output(["iptables-nft-restore"], { stdin: DOCKER }),
    tellsOfChanges: true,
    closesInput: false,
  },
  {
    name: "Docker on the old iptables",
    load: () => output(["iptables-legacy-restore"], { stdin: DOCKER }),
    tellsOfChanges: false,
    closesInput: false,
  },
];
