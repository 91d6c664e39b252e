import { describe, expect, it } from "vitest";
import { judge, SILENCE_MS } from "./connection";

describe("connection", () => {
  it("is lost before ten seconds of silence are over, though the stream is open", () => {
    const line = { heard: 1000, since: 0, open: true };
    expect(judge(line, 1000 + 5000)).toBe("live");
    expect(judge(line, 1000 + SILENCE_MS + 1)).toBe("lost");
    // A look each second comes a second late at most.
    expect(SILENCE_MS + 1000).toBeLessThan(10_000);
  });

  it("is lost at once when the stream breaks", () => {
    expect(judge({ heard: 1000, since: 0, open: false }, 1500)).toBe("lost");
  });

  it("is being made until something is heard, and lost when nothing is for long", () => {
    expect(judge({ heard: null, since: 0, open: false }, 3000)).toBe("connecting");
    expect(judge({ heard: null, since: 0, open: true }, 3000)).toBe("connecting");
    expect(judge({ heard: null, since: 0, open: false }, SILENCE_MS + 1)).toBe("lost");
  });
});
