// What the invented site says in words, with the codes that the back end gives such sentences.

import { readFileSync } from "node:fs";
import type { Said, Sentence } from "../src/i18n/said";

const path = new URL("../../../interfaces/http/sentences.json", import.meta.url);
const table = JSON.parse(readFileSync(path, "utf8")) as Record<string, string>;
const PLACE = /\{(\w+)\}/;

/** The sentence of a code; what stands in its places may be sentences as well. */
export function say(code: string, places: Record<string, string | Sentence> = {}): Sentence {
  const template = table[code];
  if (template === undefined) throw new Error(`there is no sentence ${code}`);
  const params: Said["params"] = {};
  let text = template;
  for (let place = PLACE.exec(text); place; place = PLACE.exec(text)) {
    const name = place[1] ?? "";
    const value = places[name];
    const sentence = typeof value === "object" ? value : { text: value ?? "?", said: null };
    params[name] = sentence;
    text = text.replace(place[0], () => sentence.text);
  }
  return { text, said: { code, params } };
}

/** As part of something whose sentence has another name. */
export function reason(sentence: Sentence | null) {
  return { reason: sentence?.text ?? null, said: sentence?.said ?? null };
}
