import { expect, test } from "bun:test";
import { detachedSignature } from "./signer.ts";

test("a signature is the one that kubeadm checks (cluster-bootstrap/token/jws)", () => {
  const content = "Hello from the other side. I must have called a thousand times.";
  expect(detachedSignature(content, { id: "joshua", secret: "my voice is my passcode" })).toBe(
    "eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9..VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8",
  );
});
