/** What an image says of its containers: the `config` of an OCI image configuration. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  /** `NAME=value` */
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  /** `user[:group]`, names or numbers; `""` for root. */
  readonly User?: string;
  /** `SIGTERM`, `15` */
  readonly StopSignal?: string;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
}
