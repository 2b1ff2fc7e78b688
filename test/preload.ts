import { plugin } from "bun";
import { undici } from "../build/undici.ts";

await plugin(undici);
