import { readdirSync, readFileSync } from "node:fs";
import type { Metrics } from "#lib/metrics.ts";

/** Prometheus' standard numbers about a process, read when somebody asks. */
export function countProcess(metrics: Metrics): void {
  const startedAt = Date.now() / 1000 - process.uptime();
  metrics.read(
    {
      type: "counter",
      name: "process_cpu_seconds_total",
      help: "User and system time spent, in seconds.",
    },
    () => {
      const { user, system } = process.cpuUsage();
      return [[{}, (user + system) / 1e6]];
    },
  );
  metrics.read(
    {
      type: "gauge",
      name: "process_resident_memory_bytes",
      help: "Resident memory, in bytes.",
    },
    () => [[{}, process.memoryUsage.rss()]],
  );
  metrics.read(
    { type: "gauge", name: "process_virtual_memory_bytes", help: "Virtual memory, in bytes." },
    () => [[{}, virtualBytes()]],
  );
  metrics.read(
    {
      type: "gauge",
      name: "process_start_time_seconds",
      help: "When the process started, in seconds since 1970.",
    },
    () => [[{}, startedAt]],
  );
  metrics.read({ type: "gauge", name: "process_open_fds", help: "Open file descriptors." }, () => [
    [{}, readdirSync("/proc/self/fd").length],
  ]);
  metrics.read(
    { type: "gauge", name: "process_max_fds", help: "File descriptors that may be open." },
    () => [[{}, maxDescriptors()]],
  );
}

function maxDescriptors(): number {
  const limits = readFileSync("/proc/self/limits", "utf8");
  return Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? 0);
}

function virtualBytes(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/^VmSize:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}
