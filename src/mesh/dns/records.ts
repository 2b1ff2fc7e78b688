/** Numbers of record types that the zone knows (IANA). */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  ANY: 255,
} as const;

export const CLASS_IN = 1;
export const CLASS_ANY = 255;

export const RCODE = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  nameError: 3,
  notImplemented: 4,
  refused: 5,
  badVersion: 16,
} as const;

/** A record of the zone. `name` absent: the name that was asked for. */
export type ZoneRecord = { readonly name?: string } & (
  | { readonly type: typeof TYPE.A; readonly address: string }
  | { readonly type: typeof TYPE.NS; readonly ns: string }
  | { readonly type: typeof TYPE.CNAME | typeof TYPE.PTR; readonly domain: string }
  | { readonly type: typeof TYPE.SRV; readonly port: number; readonly target: string }
  | { readonly type: typeof TYPE.SOA; readonly zone: string }
);

/** What the zone says to a question. */
export interface ZoneAnswer {
  readonly rcode: number;
  readonly answers: readonly ZoneRecord[];
  readonly authorities: readonly ZoneRecord[];
  readonly additionals: readonly ZoneRecord[];
}
