/** Why a container cannot start now: the `reason` and `message` of its waiting state. */
export class ContainerFailure extends Error {
  override readonly name = "ContainerFailure";
  readonly reason: string;
  /** When it makes sense to try again, monotonic; absent: after the usual backoff. */
  readonly retryAtMs: number | undefined;

  constructor(reason: string, message: string, retryAtMs?: number) {
    super(message);
    this.reason = reason;
    this.retryAtMs = retryAtMs;
  }
}
