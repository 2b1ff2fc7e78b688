import { describeRuntime } from "#test/contract/runtime.ts";
import { NATIVE_IMAGE, NativeHost } from "#test/kit/native-host.ts";
import { withOwnUsers } from "#test/kit/own-users.ts";

describeRuntime("native", async () => {
  const host = await NativeHost.prepare();
  return {
    runtime: host.runtime(),
    image: NATIVE_IMAGE,
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
});

describeRuntime("native, users of its own", async () => {
  const host = await NativeHost.prepare();
  return {
    runtime: withOwnUsers(host.runtime()),
    image: NATIVE_IMAGE,
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  };
});
