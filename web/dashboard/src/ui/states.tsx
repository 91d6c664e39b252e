// What stands where data would: it is being read, there is none, or it could not be had and why.

import type { ComponentChildren } from "preact";
import type { ApiError } from "../api/client";
import type { Loaded } from "../state/load";
import { t } from "../i18n";
import { saidText } from "../i18n/said";
import { PageTitle } from "./card";
import { Icon } from "./icon";
import type { IconName } from "./icon";

export function Loading() {
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">{t("state.loading")}</span>
      <i />
      <i />
      <i />
    </div>
  );
}

export function Empty({ text, icon = "list" }: { text: string; icon?: IconName }) {
  return (
    <div class="empty">
      <Icon name={icon} size={32} />
      <p>{text}</p>
    </div>
  );
}

/** Why something could not be had, in words a person can act on. */
export function errorText(error: ApiError): string {
  if (error.status === 0) return t("error.unreachable");
  if (error.status === 403) return t("error.forbidden");
  if (error.status === 429) return t("error.tooMany", { seconds: error.retryAfter ?? 60 });
  if (error.status === 504) return t("error.noAnswer");
  if (error.message === "") return t("error.status", { status: error.status });
  return saidText(error.message, error.said);
}

export function ErrorNote({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="note bad" role="alert">
      <Icon name="alarm" />
      <p>
        <bdi>{errorText(error)}</bdi>
      </p>
      {retry && (
        <button type="button" class="small" onClick={retry}>
          {t("state.retry")}
        </button>
      )}
    </div>
  );
}

interface ViewProps<T> {
  of: Loaded<T>;
  empty?: (data: T) => string | null;
  icon?: IconName;
  /** Of a page whose own title comes with the data: what stands there until then. */
  title?: string;
  children: (data: T) => ComponentChildren;
}

/** The data once it is there; what could not be read anew stays, with a note above it. */
export function LoadedView<T>({ of, empty, icon, title, children }: ViewProps<T>) {
  const { data, error, loading, reload } = of;
  if (data === undefined) {
    return (
      <>
        {title !== undefined && <PageTitle title={title} />}
        {error && !loading ? <ErrorNote error={error} retry={reload} /> : <Loading />}
      </>
    );
  }
  const nothing = empty?.(data) ?? null;
  return (
    <>
      {error && <ErrorNote error={error} retry={reload} />}
      {nothing === null ? children(data) : <Empty text={nothing} {...(icon ? { icon } : {})} />}
    </>
  );
}
