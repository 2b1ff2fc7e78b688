/** Writes the pages of docs/ that are made from the source. A test fails while they are stale. */
import { generatedDocs } from "../test/kit/generated-docs.ts";

for (const [path, text] of generatedDocs()) await Bun.write(path, text);
