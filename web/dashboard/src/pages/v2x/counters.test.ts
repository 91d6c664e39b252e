import { expect, it } from "vitest";
import { shownCounters, tone } from "./counters";

it("counters have an order, and a reason of refusal is shown once it has happened", () => {
  const counters = {
    refused_replay: 2,
    refused_far: 0,
    sent: 9,
    zeal: 0,
    replayed: 2,
    verified: 4,
  };
  expect(shownCounters(counters).map(([name]) => name)).toEqual([
    ...["verified", "replayed", "sent", "refused_replay", "zeal"],
  ]);
});

it("what our own radio sends is no alarm", () => {
  expect(tone("sent", 358)).toBe("quiet");
  expect(tone("refused_replay", 1)).toBe("bad");
  expect(tone("forged", 0)).toBe("quiet");
  expect(tone("verified", 1)).toBe("ok");
});
