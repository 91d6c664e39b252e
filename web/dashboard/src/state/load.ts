// Data that a page asks for: loading, there, or not to be had with the reason. What was there stays
// in sight while it is read anew, and says so when that failed.

import { useEffect, useState } from "preact/hooks";
import { asApiError, get } from "../api/client";
import type { ApiError } from "../api/client";
import { reconnected } from "./connection";

export interface Loaded<T> {
  data: T | undefined;
  error: ApiError | undefined;
  loading: boolean;
  reload: () => void;
}

type Query = Record<string, string | number | undefined>;

/** Reads a path whenever it, its query or `again` changes; `null`: nothing to read yet. */
export function useApi<T>(path: string | null, query: Query = {}, again = 0): Loaded<T> {
  const back = reconnected.value;
  const [turn, setTurn] = useState(0);
  const [state, setState] = useState<{ of: string; data?: T; error?: ApiError; busy: boolean }>({
    of: "",
    busy: true,
  });
  const key = path === null ? "" : path + JSON.stringify(query);
  useEffect(() => {
    if (path === null) return;
    const stop = new AbortController();
    setState((old) => ({ ...(old.of === key ? old : {}), of: key, busy: true }));
    get<T>(path, query, stop.signal).then(
      (data) => setState({ of: key, data, busy: false }),
      (error: unknown) => {
        if (stop.signal.aborted) return; // Given up, because the page has changed.
        const failure = asApiError(error);
        setState((old) => ({ ...old, of: key, error: failure, busy: false }));
      },
    );
    return () => stop.abort();
    // `key` says all of `path` and `query`.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, again, turn, back]);
  const mine = state.of === key;
  return {
    data: mine ? state.data : undefined,
    error: mine ? state.error : undefined,
    loading: !mine || state.busy,
    reload: () => setTurn((count) => count + 1),
  };
}
