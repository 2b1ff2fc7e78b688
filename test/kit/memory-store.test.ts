import { objectStoreContract } from "#test/contract/object-store.ts";
import { MemoryStore } from "./memory-store.ts";

objectStoreContract("memory", async () => ({
  objects: new MemoryStore(),
  [Symbol.asyncDispose]: async () => undefined,
}));
