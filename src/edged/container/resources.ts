import type { Container, Pod } from "#api/object.ts";
import { qosClass } from "#api/pod.ts";
import { byteValue, milliValue } from "#api/quantity.ts";
import type { ContainerResources } from "../runtime/types.ts";

const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;

/** What a container may use; requests default to limits, as kubelet's. */
export function containerResources(
  pod: Pod,
  container: Container,
  memoryCapacityBytes: number,
): ContainerResources {
  const { limits = {}, requests = limits } = container.resources ?? {};
  const cpuLimitMillis = milliValue(limits["cpu"]);
  const memoryLimitBytes = byteValue(limits["memory"]);
  return {
    cpuRequestMillis: milliValue(requests["cpu"] ?? limits["cpu"]),
    ...(cpuLimitMillis > 0 && { cpuLimitMillis }),
    ...(memoryLimitBytes > 0 && { memoryLimitBytes }),
    oomScoreAdj: oomScore(pod, byteValue(requests["memory"]), memoryCapacityBytes),
  };
}

/** kubelet's `GetContainerOOMScoreAdjust`: who asked for more of the memory is killed later. */
function oomScore(pod: Pod, requestBytes: number, capacityBytes: number): number {
  const qos = qosClass(pod);
  if (qos === "Guaranteed") return GUARANTEED_OOM_SCORE;
  if (qos === "BestEffort") return BEST_EFFORT_OOM_SCORE;
  const score = Math.floor(1000 - (1000 * requestBytes) / capacityBytes);
  return Math.min(Math.max(score, 1000 + GUARANTEED_OOM_SCORE), BEST_EFFORT_OOM_SCORE - 1);
}
