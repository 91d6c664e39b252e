import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { CATALOGUES, fill } from ".";

const english = CATALOGUES.en;
const keys = Object.keys(english).sort();
const params = (text: string) => (text.match(/\{\w+(:\w+)?\}/g) ?? []).sort();

/** Groups whose keys are made of what the back end says. */
const GROUPS =
  "audit|said|counter|end|gear|health|kind|part|role|severity|" +
  "verdict|warning|device|state|connection";
const WORDS = new RegExp(`^(${GROUPS})\\.`);

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(path);
      return /\.tsx?$/.test(entry.name) ? readFileSync(path, "utf8") : "";
    })
    .join("\n");
}

describe("catalogue", () => {
  it.each(["fr", "ar"] as const)("has the same keys in English and %s", (language) => {
    expect(Object.keys(CATALOGUES[language]).sort()).toEqual(keys);
  });

  it.each(["en", "fr", "ar"] as const)(
    "has a text with the same places for all keys in %s",
    (tag) => {
      const texts: Record<string, string> = CATALOGUES[tag];
      for (const [key, text] of Object.entries(english)) {
        expect(texts[key]?.trim(), key).not.toBe("");
        expect(params(texts[key] ?? ""), key).toEqual(params(text));
      }
    },
  );

  it("has every sentence that the back end can name, and no other", () => {
    // The list is made by the back end's own code.
    const api = JSON.parse(readFileSync("../../interfaces/http/openapi.json", "utf8")) as {
      components: { schemas: { Code: { enum: string[] } } };
    };
    const codes = api.components.schemas.Code.enum.map((code) => `said.${code}`);
    expect(codes.length).toBeGreaterThan(100);
    expect(keys.filter((key) => key.startsWith("said."))).toEqual(codes.sort());
  });

  it("has no places in a sentence but those that the back end fills", () => {
    const said = readFileSync("../../interfaces/http/sentences.json", "utf8");
    for (const [code, text] of Object.entries(JSON.parse(said) as Record<string, string>)) {
      const own = params((english as Record<string, string>)[`said.${code}`] ?? "");
      const filled = params(text);
      const names = own.map((place) => place.replace(/:\w+/, ""));
      expect(filled, code).toEqual(expect.arrayContaining(names));
    }
  });

  it("is written in the language's own letters", () => {
    const arabic = Object.values(CATALOGUES.ar).filter((text) => /[؀-ۿ]/.test(text));
    expect(arabic.length / keys.length).toBeGreaterThan(0.99);
    const french = Object.entries(CATALOGUES.fr).filter(
      ([key, text]) => text === (english as Record<string, string>)[key],
    );
    // Words that are the same in both languages: Distance, Message, Tariff's TOML …
    expect(french.length).toBeLessThan(30);
  });

  it("has no text that no page shows", () => {
    const all = sources("src");
    const unused = keys.filter((key) => !all.includes(`"${key}"`) && !WORDS.test(key));
    expect(unused).toEqual([]);
  });

  it("leaves a place that nobody fills as it stands", () => {
    expect(fill("{a} and {b}", { a: 1 })).toBe("1 and {b}");
    expect(fill('as {"slot": 1}', {})).toBe('as {"slot": 1}');
  });
});
