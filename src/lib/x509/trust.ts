/** What TLS takes for the end of a chain. */
export interface Trust {
  readonly ca: string;
  readonly allowPartialTrustChain: true;
}

/**
 * Trust in these certificates (PEM) as Go has it: each is the end of a chain, be it an authority's of
 * its own, one that another authority issued, or the server's. OpenSSL by itself takes only the first.
 */
export function trustIn(ca: string): Trust {
  return { ca, allowPartialTrustChain: true };
}
