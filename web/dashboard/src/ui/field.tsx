// Fields of forms: each with its label, tied to it.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  hint?: string;
  children: (id: string, describedBy: string | undefined) => ComponentChildren;
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  const described = hint === undefined ? undefined : `${id}-hint`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children(id, described)}
      {hint !== undefined && (
        <small id={described} class="hint">
          {hint}
        </small>
      )}
    </div>
  );
}

interface TextProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  type?: "text" | "password" | "search" | "month" | "datetime-local" | "number";
  hint?: string;
  required?: boolean;
  autoComplete?: string;
  minLength?: number;
}

export function TextField({ label, value, onValue, hint, type = "text", ...rest }: TextProps) {
  return (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(id, described) => (
        <input
          id={id}
          aria-describedby={described}
          type={type}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
          {...rest}
        />
      )}
    </Field>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  of: readonly (readonly [T, string])[];
  onValue: (value: T) => void;
}

export function ChoiceField<T extends string>({ label, value, of, onValue }: ChoiceProps<T>) {
  return (
    <Field label={label}>
      {(id) => (
        <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value as T)}>
          {of.map(([key, name]) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** One of a few, all in sight. */
export function Segments<T extends string>({ label, value, of, onValue }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">{label}</legend>
      {of.map(([key, text]) => (
        <label key={key} class={key === value ? "chosen" : ""}>
          <input type="radio" name={name} checked={key === value} onChange={() => onValue(key)} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
