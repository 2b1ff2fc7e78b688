import type { Item, WatchEvent } from "./item.ts";
import type { KubeObject } from "./object.ts";
import type { Resource } from "./resource.ts";
import type { Status } from "./status.ts";

/** Who asks. Groups decide what may be done. */
export interface UserInfo {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  /** What else the authenticator knows: `authentication.kubernetes.io/pod-name`. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a request is about. `namespace` is `""` for cluster-scoped kinds and for all namespaces. */
export interface Target<T extends KubeObject = KubeObject> {
  readonly resource: Resource<T>;
  readonly namespace: string;
}

/** One object, or one of its subresources. */
export interface NamedTarget<T extends KubeObject = KubeObject> extends Target<T> {
  readonly name: string;
  /** `status`, `scale`, `binding`, `eviction`, …; absent for the object itself. */
  readonly subresource?: string;
}

export interface CreateTarget<T extends KubeObject = KubeObject> extends Target<T> {
  /** Set together with `subresource`: `pods/web/eviction`. */
  readonly name?: string;
  readonly subresource?: string;
}

export interface ReadOptions {
  /** `""` or absent asks for the newest state, `"0"` for what is at hand, else for one not older than this. */
  readonly resourceVersion?: string;
}

export interface ListOptions extends ReadOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersionMatch?: string;
}

export interface WatchOptions extends ReadOptions {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly allowWatchBookmarks?: boolean;
  readonly sendInitialEvents?: boolean;
  readonly resourceVersionMatch?: string;
  readonly timeoutSeconds?: number;
}

/**
 * Receives what admission has to say for the audit log, by key. What shows parts of an object is
 * for events that show bodies too: those of the level `Request` and above.
 */
export type Annotate = (key: string, value: string, level?: "Request") => void;

/** What of a server a request may wait for, as the audit log names it. */
export type Layer =
  | "authentication"
  | "authorization"
  | "impersonation"
  | "mutating-webhook"
  | "validating-webhook"
  | "etcd";

/** Does some work; how long it takes is counted for a layer. */
export type Timed = <T>(layer: Layer, work: () => T) => T;

export interface WriteOptions {
  /** `All`: go through everything, store nothing. */
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict";
  /** Receives texts for the client's `Warning` headers. */
  readonly warn?: (text: string) => void;
  readonly annotate?: Annotate;
  readonly timed?: Timed;
  /** Called when an update or an apply made an object that was not there. */
  readonly onCreate?: () => void;
}

/** `metav1.DeleteOptions`, from body or query. */
export interface DeleteOptions {
  readonly dryRun?: boolean;
  /** 0 deletes at once. */
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly warn?: (text: string) => void;
  readonly annotate?: Annotate;
  readonly timed?: Timed;
}

/** A patch document, already parsed from JSON or YAML. */
export interface Patch {
  readonly type: "json" | "merge" | "strategic" | "apply";
  readonly body: unknown;
  /** What strict decoding has against the document itself: keys that stand twice. */
  readonly strictErrors?: readonly string[];
  /** Apply only: take fields over from other managers. */
  readonly force?: boolean;
}

export interface ListResult<T extends KubeObject = KubeObject> {
  readonly items: readonly Item<T>[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

/** What a delete left: the object when it lives on for finalizers or its grace period, else a Status. */
export type DeleteResult<T extends KubeObject = KubeObject> =
  | { readonly kept: Item<T> }
  | { readonly gone: Item<T>; readonly status: Status };

export interface Watch {
  /** Resolves when the watch ended by its timeout or signal; rejects with the StatusError that ended it. */
  readonly ended: Promise<void>;
}

/**
 * The API as functions: what a kind can do, without HTTP. The API server implements it for one
 * user at a time, `serve` speaks Kubernetes' HTTP over it, `client` calls it in process or over
 * TLS. Everything rejects with `StatusError`. Values that come out are frozen; values that go in
 * are never changed and belong to the callee from then on.
 */
export interface Verbs {
  get<T extends KubeObject>(target: NamedTarget<T>, options?: ReadOptions): Promise<Item<T>>;
  list<T extends KubeObject>(target: Target<T>, options?: ListOptions): Promise<ListResult<T>>;
  /**
   * Starts a watch. `onEvent` is called synchronously and in order, also before the returned
   * promise resolves; it must not block or throw. Rejects when the watch cannot start: 410 Expired
   * for a resourceVersion that is too old, 400 for a bad selector.
   */
  watch<T extends KubeObject>(
    target: Target<T>,
    options: WatchOptions & { readonly signal: AbortSignal },
    onEvent: (event: WatchEvent<T>) => void,
  ): Promise<Watch>;
  /** Creates an object, or POSTs to a subresource (`binding`, `eviction`): its answer comes back. */
  create<T extends KubeObject>(
    target: CreateTarget<T>,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Item>;
  update<T extends KubeObject>(
    target: NamedTarget<T>,
    object: KubeObject,
    options?: WriteOptions,
  ): Promise<Item>;
  patch<T extends KubeObject>(
    target: NamedTarget<T>,
    patch: Patch,
    options?: WriteOptions,
  ): Promise<Item>;
  delete<T extends KubeObject>(
    target: NamedTarget<T>,
    options?: DeleteOptions,
  ): Promise<DeleteResult<T>>;
  deleteCollection<T extends KubeObject>(
    target: Target<T>,
    options?: DeleteOptions & ListOptions,
  ): Promise<ListResult<T>>;
  /** Admits a connection: `pods/web/exec`. `options` say what it is for: PodExecOptions. */
  connect?(target: NamedTarget, options: KubeObject): Promise<void>;
}
