import table from "../data/kubernetes-protobuf.json" with { type: "text" };
import type { GroupVersionKind } from "../resource.ts";
import { BYTES, FIXED_64, ProtobufError, ProtobufReader, VARINT } from "./protobuf-reader.ts";
