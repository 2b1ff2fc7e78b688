import { createHash } from "node:crypto";

/**
 * The names that a site puts on the host. All carry its ID, so that two sites live side by side
 * and each finds again, and removes, only what is its own.
 */
export interface SiteMarks {
  /** The link of the service mesh where no other site owns the plain name `edge0`. */
  readonly edgeLink: string;
  /** Its name where another site does. */
  readonly edgeLinkOfSecondSite: string;
  /** What stands in the alias of `edgeLink`: who owns it. */
  readonly edgeLinkAlias: string;
  /** How the host's ends of the pods' links begin. */
  readonly podLinkPrefix: string;
  /** The nf_tables table of the service mesh. */
  readonly meshTable: string;
  /** The nf_tables table of the pod network. */
  readonly podTable: string;
  /** The group of processes that all its pods are below, from the root of each hierarchy. */
  readonly cgroup: string;
  /** The profile of AppArmor that its containers get where their pods ask for no other. */
  readonly appArmorProfile: string;
}

/** Names of links have at most 15 bytes (IFNAMSIZ - 1). */
export function siteMarks(siteId: string): SiteMarks {
  const tag = hexDigest(siteId, 8);
  return {
    edgeLink: "edge0",
    edgeLinkOfSecondSite: `edge0-${tag}`,
    edgeLinkAlias: `edgesite ${siteId}`,
    podLinkPrefix: `es${tag.slice(0, 6)}`,
    meshTable: `edgesite-${tag}-mesh`,
    podTable: `edgesite-${tag}-pods`,
    cgroup: `edgesite-${siteId}`,
    appArmorProfile: `edgesite-${siteId}`,
  };
}

/** The host's end of the link of the pod `uid`: 28 bits of hash behind 24 bits of the site. */
export function podLinkName(marks: SiteMarks, uid: string): string {
  return marks.podLinkPrefix + hexDigest(uid, 7);
}

function hexDigest(text: string, digits: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, digits);
}
