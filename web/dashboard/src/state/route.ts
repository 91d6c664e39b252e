// Where the user is: the part of the address after `#`, so that the back end serves one page only.
// `#/vehicle/car-7/drives/12` is ["vehicle", "car-7", "drives", "12"].

import { signal } from "@preact/signals";

export function parseRoute(hash: string): string[] {
  return hash
    .replace(/^#?\/?/, "")
    .split("/")
    .filter((text) => text !== "")
    .map(decode);
}

/** A broken escape in an address that somebody typed is taken as it stands. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const link = (...parts: (string | number)[]) =>
  "#/" + parts.map((text) => encodeURIComponent(text)).join("/");

const hasBrowser = typeof location !== "undefined";
export const route = signal<string[]>(parseRoute(hasBrowser ? location.hash : ""));

export function followRoute(): void {
  addEventListener("hashchange", () => (route.value = parseRoute(location.hash)));
}

/** Begins at a page, unless the address says another already: then that one is on its way. */
export function beginAt(href: string): void {
  if (parseRoute(location.hash).length > 0) return;
  history.replaceState(null, "", href);
  route.value = parseRoute(href);
}
