import { expect, test } from "bun:test";
import { Metrics } from "./metrics.ts";

test("numbers are told as Prometheus reads them", () => {
  const metrics = new Metrics();
  const requests = metrics.counter({ name: "requests_total", help: "Requests." });
  const waited = metrics.histogram({ name: "wait_seconds", help: "Waiting.", bounds: [0.1, 1] });
  metrics.read({ type: "gauge", name: "open", help: "Open now." }, () => [[{}, 3]]);
  requests({ verb: "GET", path: 'a"b\\c\n' }).value += 1;
  requests({ verb: "GET", path: 'a"b\\c\n' }).value += 1;
  requests({ verb: "PUT", path: "" }).value += 1;
  for (const value of [0.1, 0.5, 7]) waited({ queue: "q" }).observe(value);
  expect(metrics.text()).toBe(`# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{verb="GET",path="a\\"b\\\\c\\n"} 2
requests_total{verb="PUT",path=""} 1
# HELP wait_seconds Waiting.
# TYPE wait_seconds histogram
wait_seconds_bucket{queue="q",le="0.1"} 1
wait_seconds_bucket{queue="q",le="1"} 2
wait_seconds_bucket{queue="q",le="+Inf"} 3
wait_seconds_sum{queue="q"} 7.6
wait_seconds_count{queue="q"} 3
# HELP open Open now.
# TYPE open gauge
open 3
`);
});
