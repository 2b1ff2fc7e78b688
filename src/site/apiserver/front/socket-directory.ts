import { chmodSync, closeSync, constants, mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";

/** A directory for unix sockets that only this user can enter. */
export interface SocketDirectory extends Disposable {
  /** The path to bind or connect to for the socket `name`; what a crash left there is gone. */
  path(name: string): string;
}

/**
 * Makes the directory, or takes it over. The paths it gives are short whatever the directory is
 * called: those of unix sockets end at 107 bytes.
 */
export function openSocketDirectory(directory: string): SocketDirectory {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const handle = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    path: (name) => {
      rmSync(join(directory, name), { force: true });
      return `/proc/self/fd/${handle}/${name}`;
    },
    [Symbol.dispose]: () => closeSync(handle),
  };
}
