/** The addresses that the node goes by; they change while it runs, and whoever asks has them of now. */
export interface NodeAddresses {
  /** One of each family that pods have; the first is the pods' `hostIP`. */
  readonly current: readonly string[];
  /** Calls back after they changed, until it is disposed of. */
  onChange(listener: () => void): Disposable;
}
