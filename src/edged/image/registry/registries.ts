/** A registry's other places: a `mirrors` entry of k3s' registries.yaml. */
export interface Mirror {
  readonly endpoints: readonly string[];
  /** Regular expressions over the repository's path, and what takes their place. */
  readonly rewrites: readonly { readonly pattern: RegExp; readonly replacement: string }[];
}

/** How to speak to a host: a `configs` entry. */
export interface HostConfig {
  readonly auth?: {
    readonly username?: string;
    readonly password?: string;
    readonly auth?: string;
    readonly identityToken?: string;
  };
  readonly tls?: HostTls;
}

/** PEM, and whether a certificate may be anybody's. */
export interface HostTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly isUnverified: boolean;
}

/** registries.yaml as k3s reads it (https://docs.k3s.io/installation/private-registry). */
export interface Registries {
  /** By registry; `*` is for all others. */
  readonly mirrors: ReadonlyMap<string, Mirror>;
  /** By host with its port; `*` is for all others. */
  readonly configs: ReadonlyMap<string, HostConfig>;
}

export const NO_REGISTRIES: Registries = { mirrors: new Map(), configs: new Map() };

/** Docker Hub has more names than one. */
export function registryKey(name: string): string {
  return name === "index.docker.io" || name === "registry-1.docker.io" ? "docker.io" : name;
}
