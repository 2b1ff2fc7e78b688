import { expect, test } from "bun:test";
import { CloudSide } from "#test/kit/cloud-side.ts";

test.each([
  ["dance", "default/pod/web", 'Cannot dance "pod"'],
  ["insert", "default/spaceship/web", 'Cannot insert "spaceship"'],
  ["query", "default/spaceship/web", 'Cannot query "spaceship"'],
  ["update", "default/podstatus/web", "Cannot read a pod's status without 'UID'"],
  ["delete", "default/pod/web", "A pod is deleted by its UID"],
  ["insert", "pod", "Cannot use a resource"],
])("%s %s is answered with an error and logged once", async (operation, resource, reason) => {
  await using site = await CloudSide.start();
  for (let times = 0; times < 2; times += 1) {
    const answer = await site.ask(operation, resource);
    expect(answer.route.operation).toBe("error");
    expect(answer.content).toStartWith(reason);
  }
  expect(site.warnings).toHaveLength(1);
});
