import { describe, expect, test } from "bun:test";
import {
  cloneMessage,
  contentText,
  decodeMessage,
  encodeMessage,
  errorTo,
  type Message,
  newMessage,
  responseTo,
  withSync,
} from "./message.ts";

const request = newMessage({
  source: "edged",
  group: "meta",
  operation: "query",
  resource: "default/configmap/web",
  content: { a: [1] },
  parentId: "before",
});

describe("newMessage()", () => {
  test("gives every message an id and a time of its own, and freezes it with its content", () => {
    const other = newMessage({ content: null });
    expect(other.header.msg_id).not.toBe(request.header.msg_id);
    expect(Math.abs(Date.now() - other.header.timestamp)).toBeLessThan(5_000);
    expect(Object.isFrozen(request.header)).toBe(true);
    expect(Object.isFrozen(request.content.a)).toBe(true);
  });

  test("names a parent and a resourceVersion only where they are given", () => {
    expect(request.header).toHaveProperty("parent_msg_id", "before");
    expect(request.header).not.toHaveProperty("resourceversion");
    expect(newMessage({ content: 1, resourceVersion: "7" }).header.resourceversion).toBe("7");
  });
});

test("an answer keeps source, group and resource, and names the request as its parent", () => {
  const answer = responseTo(request, "OK");
  expect(answer.header.parent_msg_id).toBe(request.header.msg_id);
  expect(answer.route).toEqual({ ...request.route, operation: "response" });
  expect(answer.content).toBe("OK");
});

test("an error's parent is the request, not the request's own parent", () => {
  const error = errorTo(request, "no such thing");
  expect(error.header.parent_msg_id).toBe(request.header.msg_id);
  expect(error.route.operation).toBe("error");
});

test("a clone differs in its id only", () => {
  const { msg_id, timestamp, ...header } = cloneMessage(request).header;
  expect(msg_id).not.toBe(request.header.msg_id);
  expect(header).toEqual({ parent_msg_id: "before" });
  expect(cloneMessage(request).route).toEqual(request.route);
  expect(timestamp).toBeGreaterThan(0);
});

test("withSync() keeps the id", () => {
  const waiting = withSync(request, true);
  expect(waiting.header).toEqual({ ...request.header, sync: true });
  expect(withSync(waiting, false).header).toEqual(request.header);
});

test("contentText() passes texts and bytes through and encodes all else", () => {
  expect(contentText(newMessage({ content: "plain" }))).toBe("plain");
  expect(contentText(newMessage({ content: new TextEncoder().encode("bytes") }))).toBe("bytes");
  expect(contentText(request)).toBe('{"a":[1]}');
});

describe("the JSON of a message", () => {
  test("has exactly the tags of beehive, and leaves out what is empty", () => {
    const message: Message = {
      header: { msg_id: "m", timestamp: 0, sync: false, resourceversion: "", type: "" },
      route: { source: "edged", destination: "", operation: "update" },
      content: undefined,
    };
    expect(encodeMessage(message)).toBe(
      '{"header":{"msg_id":"m","timestamp":0},"route":{"source":"edged","operation":"update"},"content":null}',
    );
    const full = {
      header: {
        msg_id: "m",
        parent_msg_id: "p",
        timestamp: 5,
        resourceversion: "9",
        sync: true,
        type: "channel",
      },
      route: { source: "s", destination: "d", group: "g", operation: "o", resource: "r/t/n" },
      content: "OK",
    };
    expect(encodeMessage(full)).toBe(JSON.stringify(full));
  });

  test("reads back what it wrote", () => {
    expect(decodeMessage(encodeMessage(request))).toEqual(request);
    expect(Object.isFrozen(decodeMessage(encodeMessage(request)).content)).toBe(true);
  });

  test.each([
    ["[]", "not an object"],
    ['{"route":{},"content":1}', "valid 'header'"],
    ['{"header":{"msg_id":"","timestamp":1}}', "valid 'header'"],
    ['{"header":{"msg_id":"m","timestamp":"1"}}', "valid 'header'"],
    ['{"header":{"msg_id":"m","timestamp":1,"sync":"yes"}}', "valid 'header'"],
    ['{"header":{"msg_id":"m","timestamp":1},"route":{"resource":7}}', "valid 'route'"],
  ])("refuses %s", (text, reason) => {
    expect(() => decodeMessage(text)).toThrow(reason);
  });
});
