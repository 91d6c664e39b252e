// Something that changes the back end: a button that shows that it works, what went wrong, and asks
// first where it cannot be undone.

import { useRef, useState } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { asApiError } from "../api/client";
import { t } from "../i18n";
import { errorText } from "./states";
import { Icon } from "./icon";
import type { IconName } from "./icon";

export interface Doing {
  busy: boolean;
  error: string | null;
  /** Does it; true when it went well. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
}

export function useDoing(): Doing {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (failure) {
      setError(errorText(asApiError(failure)));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, run };
}

export function Failure({ text }: { text: string | null }) {
  return (
    <div role="alert" class="failure">
      {text !== null && (
        <div class="note bad">
          <Icon name="alarm" />
          <p>{text}</p>
        </div>
      )}
    </div>
  );
}

interface ActionProps {
  label: string;
  icon?: IconName;
  /** A question; without it the work is done at once. */
  ask?: string;
  danger?: boolean;
  disabled?: boolean;
  work: () => Promise<unknown>;
  children?: ComponentChildren;
}

export function Action({ label, icon, ask, danger, disabled, work }: ActionProps) {
  const doing = useDoing();
  const dialog = useRef<HTMLDialogElement>(null);
  const start = () => (ask === undefined ? void doing.run(work) : dialog.current?.showModal());
  const confirm = async () => {
    if (await doing.run(work)) dialog.current?.close();
  };
  const style = danger ? "small danger" : "small";
  return (
    <>
      <button type="button" class={style} onClick={start} disabled={disabled ?? doing.busy}>
        {icon && <Icon name={icon} size={16} />}
        {label}
      </button>
      {ask === undefined ? (
        <Failure text={doing.error} />
      ) : (
        <dialog ref={dialog} aria-label={label}>
          <p>{ask}</p>
          <Failure text={doing.error} />
          <div class="buttons">
            <button type="button" onClick={() => dialog.current?.close()}>
              {t("action.cancel")}
            </button>
            <button
              type="button"
              class={danger ? "danger filled" : "primary"}
              disabled={doing.busy}
              onClick={() => void confirm()}
            >
              {label}
            </button>
          </div>
        </dialog>
      )}
    </>
  );
}
