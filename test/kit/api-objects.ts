import { expect } from "bun:test";
import type { KubeObject, Pod, Service } from "#api/object.ts";
import type { TestApi } from "./test-api.ts";

/** Where the tests' objects of the core group live. */
export const CORE = "/api/v1/namespaces/default";

export const configMap = (
  name: string,
  data: Record<string, string> = {},
): KubeObject & { data: object } => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data,
});

export const pod = (name: string, spec: Partial<Pod["spec"]> = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "main", image: "busybox" }], ...spec },
});

export const service = (name: string, spec: Service["spec"] = {}): Service => ({
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});

/** What an answer says, as the type that the test knows it to be. */
export const bodyOf = async <T = KubeObject>(response: Response | Promise<Response>): Promise<T> =>
  (await (await response).json()) as T;

/** Creates an object, which must succeed; answers it as created. */
export async function post<T extends KubeObject>(
  api: TestApi,
  path: string,
  body: unknown,
): Promise<T> {
  const response = await api.send("POST", path, { body });
  expect(response.status).toBe(201);
  return await bodyOf<T>(response);
}
