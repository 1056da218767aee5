import type { ReactNode } from "react";
import { m } from "@/messages/messages";

export interface FieldProps<T> {
  value: T;
  error: string | undefined;
  onChange: (value: T) => void;
  /** The user has left the field: from now on it is checked as they type. */
  onLeave?: () => void;
}

interface Labelled {
  /** The name of the field in the request; the element's id is made of it. */
  field: string;
  label: string;
  hint?: string;
  required?: boolean;
}

interface TextProps extends FieldProps<string>, Labelled {
  numeric?: boolean;
  readOnly?: boolean;
}

/** A field of one line. */
export function TextField({
  field,
  label,
  hint,
  required,
  value,
  error,
  onChange,
  onLeave,
  ...input
}: TextProps) {
  return (
    <div className="field">
      <label htmlFor={fieldId(field)}>{label}</label>
      <input
        id={fieldId(field)}
        className="input"
        data-field={field}
        value={value}
        readOnly={input.readOnly}
        inputMode={input.numeric === true ? "numeric" : undefined}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        aria-required={required}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onLeave}
        {...aria(field, error, hint)}
      />
      <Hint field={field} hint={hint} />
      <FieldError field={field} error={error} />
    </div>
  );
}

/** The name of what is created. */
export function NameField(props: FieldProps<string>) {
  return <TextField field="name" label={m.form_name()} hint={m.form_name_rules()} required {...props} />;
}

interface SelectProps extends FieldProps<string>, Labelled {
  /** The option elements. */
  children: ReactNode;
  /** What stands below the field, such as a recommendation. */
  below?: ReactNode;
}

/** A choice of one value. */
export function SelectField({
  field,
  label,
  hint,
  required,
  value,
  error,
  onChange,
  children,
  below,
}: SelectProps) {
  return (
    <div className="field">
      <label htmlFor={fieldId(field)}>{label}</label>
      <select
        id={fieldId(field)}
        className="input"
        data-field={field}
        value={value}
        aria-required={required}
        onChange={(event) => onChange(event.target.value)}
        {...aria(field, error, hint)}
      >
        {children}
      </select>
      <Hint field={field} hint={hint} />
      {below}
      <FieldError field={field} error={error} />
    </div>
  );
}

export function Hint(props: { field: string; hint: string | undefined }) {
  if (props.hint === undefined) return null;
  return (
    <p className="hint" id={hintId(props.field)}>
      {props.hint}
    </p>
  );
}

export function FieldError(props: { field: string; error: string | undefined }) {
  if (props.error === undefined) return null;
  return (
    <p className="field-error" id={errorId(props.field)}>
      {props.error}
    </p>
  );
}

/** Connects a field with its hint and its error. */
export function aria(field: string, error: string | undefined, hint?: string) {
  const ids = [
    hint === undefined ? undefined : hintId(field),
    error === undefined ? undefined : errorId(field),
  ].filter((id) => id !== undefined);
  return {
    "aria-invalid": error === undefined ? undefined : true,
    "aria-describedby": ids.length > 0 ? ids.join(" ") : undefined,
  } as const;
}

/** The id of a field's element. */
export const fieldId = (field: string) => field.replaceAll("_", "-");
const hintId = (field: string) => `hint-${field}`;
const errorId = (field: string) => `error-${field}`;
