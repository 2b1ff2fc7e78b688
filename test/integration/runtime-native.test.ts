import { describeRuntime } from "#test/contract/runtime.ts";
import { NATIVE_IMAGE, NativeHost } from "#test/kit/native-host.ts";

describeRuntime("native", async () => {
  const host = await NativeHost.prepare();
  return {
    runtime: host.runtime(),
    image: NATIVE_IMAGE,
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
});
