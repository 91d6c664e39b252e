// Sentences of the back end in the user's language: a code and what stands in the sentence's places
// (`said`) beside the English text. A code that the catalogue does not have, and a text without
// one, are shown as the back end says them.

import { CATALOGUES, language, quantity, sentence } from ".";
import { METRIC } from "../format/units";
import type { Quantity } from "../format/units";

export interface Said {
  code: string;
  params: Record<string, Sentence>;
}

export interface Sentence {
  text: string;
  said?: Said | null;
}

/** `{value}`, or with what it is, for the user's units: `{value:temperature}`. */
const PLACE = /\{(\w+)(?::(\w+))?\}/g;
/** What keeps a name or a number in its own direction. */
const [ISOLATE, END] = ["\u2068", "\u2069"];

/** In the user's language; `null` where the catalogue does not have it. */
export function translated(said: Said | null | undefined): string | null {
  if (!said) return null;
  const known: Partial<Record<string, string>> = CATALOGUES[language()];
  const text = known[`said.${said.code}`];
  if (text === undefined) return null;
  return sentence(
    text.replace(PLACE, (whole, name: string, kind: string | undefined) => {
      const place = said.params[name];
      if (place === undefined) return whole;
      const number = Number(place.text);
      if (kind !== undefined && kind in METRIC && !Number.isNaN(number)) {
        return quantity(number, kind as Quantity);
      }
      return ISOLATE + (translated(place.said) ?? place.text) + END;
    }),
  );
}

/** A sentence in the user's language, or else as the back end says it. */
export const saidText = (text: string, said: Said | null | undefined): string =>
  translated(said) ?? sentence(text);
