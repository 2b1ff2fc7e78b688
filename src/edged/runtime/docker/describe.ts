import type { ContainerInspectInfo, ImageInspectInfo } from "dockerode";
import type { ImageInfo, RuntimeContainer, Sandbox } from "../types.ts";
import { label } from "./labels.ts";

/** What Docker says of a sandbox container, in the words of a pod. */
export function sandboxOf({ Id, Created, State, Config }: ContainerInspectInfo): Sandbox {
  return {
    id: Id,
    attempt: attemptOf(Config.Labels),
    running: State.Running,
    ...(State.Running && { pid: State.Pid }),
    createdAt: new Date(Created),
  };
}

/** What Docker says of a container, in the words of a pod. */
export function containerOf(info: ContainerInspectInfo): RuntimeContainer {
  const { State, Config } = info;
  const { Labels } = Config;
  const startedAt = time(State.StartedAt);
  const finishedAt = time(State.FinishedAt);
  const messageFile = Labels[label.terminationMessageFile];
  return {
    id: info.Id,
    name: Labels[label.containerName] ?? "",
    attempt: attemptOf(Labels),
    sandboxId: Labels[label.sandboxId] ?? "",
    state: stateOf(State),
    image: Labels[label.image] ?? Config.Image,
    imageId: info.Image,
    createdAt: new Date(info.Created),
    ...(startedAt && { startedAt }),
    ...(State.Running && { pid: State.Pid }),
    ...(finishedAt && { finishedAt }),
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    ...(State.Error !== "" && { error: State.Error }),
    ...(messageFile !== undefined && { terminationMessageFile: messageFile }),
  };
}

export function imageOf(info: ImageInspectInfo): ImageInfo {
  const names = [...(info.RepoDigests ?? []), ...(info.RepoTags ?? [])];
  return {
    id: info.Id,
    names,
    digest: info.RepoDigests?.[0] ?? info.Id,
    sizeBytes: info.Size,
    user: info.Config.User,
  };
}

function stateOf(state: ContainerInspectInfo["State"]): RuntimeContainer["state"] {
  if (state.Running) return "running";
  // A container that Docker failed to start stays "created" but carries why.
  return state.Status === "created" && state.Error === "" ? "created" : "exited";
}

function attemptOf(labels: Readonly<Record<string, string>>): number {
  return Number(labels[label.restartCount] ?? 0);
}

/** Docker writes year 1 for what has not happened yet. */
function time(text: string): Date | undefined {
  const date = new Date(text);
  return date.getTime() > 0 ? date : undefined;
}
