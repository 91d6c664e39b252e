// Small line drawings, 24 by 24, in the colour of the text beside them. Decoration: what they say
// stands in words as well.

import PATHS from "./icons.json";

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
