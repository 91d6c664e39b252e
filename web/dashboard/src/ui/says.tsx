// A sentence of the back end: in the user's language, or in English and marked as such.

import { language, sentence } from "../i18n";
import { translated } from "../i18n/said";
import type { Said } from "../i18n/said";

interface SaysProps {
  text: string;
  said?: Said | null | undefined;
}

export function Says({ text, said }: SaysProps) {
  const own = translated(said);
  if (own !== null) return <bdi>{own}</bdi>;
  return language() === "en" ? <bdi>{sentence(text)}</bdi> : <bdi lang="en">{sentence(text)}</bdi>;
}
