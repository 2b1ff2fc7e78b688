/** A pod asks for what cannot be put together: `CreateContainerConfigError` in its status. */
export class ContainerConfigError extends Error {
  override readonly name = "ContainerConfigError";
}
