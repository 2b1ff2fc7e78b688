/** Which pod something in a runtime belongs to. */
export interface PodRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** What all containers of a pod share: its namespaces and its cgroup. */
export interface SandboxSpec {
  readonly pod: PodRef;
  /** 0 for the first sandbox of a pod, one more for each that replaces a lost one. */
  readonly attempt: number;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  readonly hostPID: boolean;
  readonly hostIPC: boolean;
  /** False: users and groups of its own, so that its root is nobody on the host. */
  readonly hostUsers: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Sandbox {
  readonly id: string;
  readonly attempt: number;
  readonly running: boolean;
  /** A process in the sandbox's namespaces, while it runs. */
  readonly pid?: number;
  readonly createdAt: Date;
}

export interface Mount {
  /** Without links in it: a driver may refuse one, as somebody has put it there since it was looked up. */
  readonly hostPath: string;
  readonly containerPath: string;
  readonly readOnly: boolean;
  readonly propagation: "private" | "rslave" | "rshared";
  /**
   * The node has made it for this pod: where the host has SELinux the container's label is put on it.
   * Default: no, it is the host's, and keeps its own.
   */
  readonly isOwn?: boolean;
}

export interface ContainerResources {
  readonly cpuRequestMillis: number;
  /** Absent: no limit. */
  readonly cpuLimitMillis?: number;
  readonly memoryLimitBytes?: number;
  /** How willingly the kernel kills it when memory runs out, -1000 to 1000. */
  readonly oomScoreAdj: number;
}

/** What the kernel holds a process to: the runtime's own profile, none, or one that the node has. */
export type SecurityProfile =
  | { readonly type: "default" }
  | { readonly type: "unconfined" }
  | { readonly type: "localhost"; readonly name: string };

/** The parts of a label that are not the host's own for containers. */
export interface SeLinuxOptions {
  readonly user?: string;
  readonly role?: string;
  readonly type?: string;
  readonly level?: string;
}

/** A container's security context, already merged with its pod's. */
export interface ContainerSecurity {
  /** `uid[:gid]`; absent: the image's. */
  readonly user?: string;
  readonly supplementalGroups: readonly number[];
  readonly privileged: boolean;
  readonly readOnlyRootFilesystem: boolean;
  readonly allowPrivilegeEscalation: boolean;
  readonly addCapabilities: readonly string[];
  readonly dropCapabilities: readonly string[];
  /** Profiles of the node are refused by drivers that cannot load them. */
  readonly seccomp: SecurityProfile;
  /** Absent: the site's own profile, where the host can load it and the container is not privileged. */
  readonly appArmor?: SecurityProfile;
  /** Absent: the host's labels for containers, where it has SELinux. */
  readonly seLinux?: SeLinuxOptions;
  /** Leaves /proc as the kernel shows it. */
  readonly unmaskedProc: boolean;
}

export interface ContainerSpec {
  readonly name: string;
  /** How often the container was restarted before; part of its identity. */
  readonly attempt: number;
  /** The ID of an image that the runtime has. */
  readonly imageId: string;
  /** The image as the pod names it. */
  readonly image: string;
  /** Absent: the image's. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir?: string;
  readonly mounts: readonly Mount[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  /** Sees the processes of all containers of the pod. */
  readonly sharedProcesses: boolean;
  /** The ID of a running container of the pod whose processes it sees, as if it were one of them. */
  readonly processesOf?: string;
  readonly resources: ContainerResources;
  readonly security: ContainerSecurity;
  /** A file on the host that holds the termination message, given back as it is. */
  readonly terminationMessageFile?: string;
}

export interface RuntimeContainer {
  readonly id: string;
  readonly name: string;
  readonly attempt: number;
  readonly sandboxId: string;
  readonly state: "created" | "running" | "exited";
  readonly image: string;
  readonly imageId: string;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  /** Its first process, as the host numbers it; while it runs, and where the runtime tells. */
  readonly pid?: number;
  readonly finishedAt?: Date;
  /** Once exited. */
  readonly exitCode: number;
  readonly oomKilled: boolean;
  /** Why the engine could not start or keep it. */
  readonly error?: string;
  readonly terminationMessageFile?: string;
}

/** All that the runtime has of one pod; newest first. */
export interface RuntimePod {
  readonly pod: PodRef;
  readonly sandboxes: readonly Sandbox[];
  readonly containers: readonly RuntimeContainer[];
}

export interface ImageInfo {
  readonly id: string;
  /** Tags and digests that lead to it. */
  readonly names: readonly string[];
  /** `name@sha256:…` where it came from a registry, else the id: the status' `imageID`. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** The user its configuration asks for, `""` for root. */
  readonly user: string;
}

export interface RegistryCredentials {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
  readonly serveraddress?: string;
}

export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  /** Only lines written since then. */
  readonly since?: Date;
  readonly tailLines?: number;
}

export interface ProcessOptions {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

export interface ExecResult {
  readonly exitCode: number;
  /** stdout and stderr, at most 16 KiB of them. */
  readonly output: string;
}

/** Whether the engine behind a runtime can be used, and if not, why. */
export type EngineStatus =
  | {
      readonly reachable: true;
      readonly version: string;
      /** What a person should know of this engine, though it works. */
      readonly warning?: string;
    }
  | { readonly reachable: false; readonly reason: string };

/** Something changed: look again. */
export type RuntimeEvent =
  | { readonly kind: "pod"; readonly uid: string }
  | { readonly kind: "engine"; readonly status: EngineStatus };
