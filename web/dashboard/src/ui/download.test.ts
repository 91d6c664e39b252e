import { describe, expect, it } from "vitest";
import { fileName, toCsv } from "./download";

describe("export", () => {
  it("quotes what CSV needs quoted", () => {
    expect(toCsv([["a", 'say "x", then\ny', 1.5, null]])).toBe('a,"say ""x"", then\ny",1.5,\r\n');
  });

  it("keeps a name from becoming a spreadsheet's formula, and a number a number", () => {
    expect(toCsv([["=1+1", -3.2, "-x"]])).toBe("'=1+1,-3.2,'-x\r\n");
  });

  it("names files so that every file system takes them", () => {
    expect(fileName('a/b:"c".csv')).toBe("a_b_c_.csv");
  });
});
