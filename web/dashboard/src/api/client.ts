// Requests to the API of this origin, and to no other. What fails is an `ApiError` with the
// sentence that the back end gave; a log-in that has ended empties `me`, which shows the log-in.

import { signal } from "@preact/signals";
import type { Said, Sentence } from "../i18n/said";
import type { About, Json, Me } from "./types";

const ROOT = "/api/v1";

/** Who is logged in; `null`: nobody; `undefined`: not asked yet. */
export const me = signal<Me | null | undefined>(undefined);

export class ApiError extends Error {
  constructor(
    /** The HTTP status; 0 when no answer came at all. */
    readonly status: number,
    message: string,
    /** After how many seconds to try again, when the back end says so. */
    readonly retryAfter: number | null = null,
    /** The sentence's code, for other languages. */
    readonly said: Said | null = null,
  ) {
    super(message);
  }
}

type Query = Record<string, string | number | undefined>;

/** The address of an API path, for links that download. */
export function address(path: string, query: Query = {}): string {
  const known = Object.entries(query).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)]],
  );
  const text = new URLSearchParams(known).toString();
  return ROOT + path + (text === "" ? "" : `?${text}`);
}

/** A part of a path that may hold anything, as a name with a quote or a slash. */
export const part = (id: string | number) => encodeURIComponent(String(id));

async function answer(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "");
  }
  if (response.ok) return response;
  if (response.status === 401 && !path.endsWith("/login")) me.value = null;
  const retry = Number(response.headers.get("Retry-After") ?? NaN);
  const { text, said } = await reason(response);
  throw new ApiError(response.status, text, Number.isNaN(retry) ? null : retry, said ?? null);
}

/** Whatever went wrong while something was read: also an answer that is none of the back end's, as
 * a page of a proxy. */
export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError ? error : new ApiError(0, "");

async function reason(response: Response): Promise<Sentence> {
  try {
    const body = (await response.json()) as { error?: unknown; said?: Said | null };
    if (typeof body.error !== "string") return { text: response.statusText };
    return { text: body.error, said: body.said ?? null };
  } catch {
    return { text: response.statusText };
  }
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  const response = await answer(address(path, query), signal ? { signal } : {});
  return (await response.json()) as T;
}

/** Changes something: with the token that shows that the request is of this page. */
export async function send<T = unknown>(
  method: "POST" | "PUT" | "DELETE",
  path: string,
  body?: Json,
): Promise<T | null> {
  const headers: Record<string, string> = {};
  if (me.value) headers["X-CSRF"] = me.value.csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await answer(ROOT + path, { method, headers, ...text });
  const said = await response.text();
  return said === "" ? null : (JSON.parse(said) as T);
}

/** A file that only a POST gives, as the backup. */
export async function fetchFile(path: string): Promise<Blob> {
  const headers = { "X-CSRF": me.value?.csrf ?? "" };
  return (await answer(ROOT + path, { method: "POST", headers })).blob();
}

export async function askWho(): Promise<void> {
  try {
    me.value = await get<Me>("/me");
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
}

export async function logIn(user: string, password: string): Promise<void> {
  me.value = await send<Me>("POST", "/login", { user, password });
}

/** Ends the session at the back end; where that fails the user is still logged in. */
export async function logOut(): Promise<void> {
  try {
    await send("POST", "/logout");
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  me.value = null;
}

export const about = () => get<About>("/about");
