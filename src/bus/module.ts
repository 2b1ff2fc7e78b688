/** beehive's restart policy for a module that fails (KubeEdge `core.ModuleRestartPolicy`). */
export interface RestartPolicy {
  readonly type: "Always" | "OnFailure";
  /** 0: without end. */
  readonly retries: number;
  /** First delay. KubeEdge: 1 s, doubled up to 30 s. */
  readonly intervalMs: number;
  readonly growth: number;
  readonly limitMs: number;
}

/** A part of the site with a life of its own: a server, a controller, the node agent, the mesh. */
export interface Module {
  /** beehive's module name (`edged`, `metaManager`), unique; also its bus address where it has one. */
  readonly name: string;
  /** beehive's group (`meta`, `resource`), where the module receives for one. */
  readonly group?: string;
  /** Absent: a failure ends the site with its reason. */
  readonly restart?: RestartPolicy;
  /**
   * Lives until `scope.signal` aborts, then finishes its work and returns. Returning earlier, or
   * throwing, is a failure. Everything acquired inside is released before it returns, on every
   * path. May be called again after it returned where `restart` says so.
   */
  run(scope: Scope): Promise<void>;
}

/** What the supervisor lends a module for the length of its life. */
export interface Scope {
  /** Aborts when the module should finish what it has begun and return. */
  readonly signal: AbortSignal;
  /** Aborts when the grace period is over: drop unfinished work and return now. */
  readonly deadline: AbortSignal;
  /** Call once, when the module serves. Modules listed after this one start then. */
  ready(): void;
}
