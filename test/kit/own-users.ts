import type { Runtime } from "#edged/runtime/runtime.ts";

/** A runtime whose pods have users of their own, where they share nothing with the host. */
export function withOwnUsers(runtime: Runtime): Runtime {
  const startSandbox: Runtime["startSandbox"] = (spec, signal) => {
    const hostUsers = spec.hostNetwork || spec.hostPID || spec.hostIPC;
    return runtime.startSandbox({ ...spec, hostUsers }, signal);
  };
  return new Proxy(runtime, {
    get(target, name) {
      if (name === "startSandbox") return startSandbox;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
