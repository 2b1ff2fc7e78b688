import type { EndpointSlice } from "../object.ts";

export function setEndpointSliceDefaults({ ports }: EndpointSlice): void {
  for (const port of ports ?? []) {
    port.name ??= "";
    port.protocol ??= "TCP";
  }
}

/** Labels of where an endpoint is are a thing of older versions: v1 does not write them. */
export function prepareEndpointSlice({ endpoints }: EndpointSlice): void {
  for (const endpoint of endpoints ?? []) delete endpoint.deprecatedTopology;
}

/** The same of a change; endpoints that stay as they are keep what they have. */
export function prepareEndpointSliceUpdate(next: EndpointSlice, current: EndpointSlice): void {
  if (!Bun.deepEquals(next.endpoints, current.endpoints)) prepareEndpointSlice(next);
}
