import { m } from "@/messages/messages";
import type { FieldFault } from "@/shared/api/types";
import { fieldOf, fieldWords } from "./field-words";

/** The errors of a form: one text per field, and those that belong to no field. */
export interface FormErrors<Field extends string> {
  byField: Partial<Record<Field, string>>;
  general: string[];
}

export const noErrors: FormErrors<never> = { byField: {}, general: [] };

const longestName = 64;

/** The error of a name by the server's rules, or undefined if it is valid. The server checks everything else. */
export function nameError(name: string): string | undefined {
  if (name === "") return m.form_name_missing();
  if (name.length > longestName) {
    return m.form_name_too_long({ limit: longestName, length: name.length });
  }
  const wrong = [...name].find((character) => !/[A-Za-z0-9_-]/.test(character));
  if (wrong !== undefined) {
    return /\s/.test(wrong) ? m.form_name_spaces() : m.form_name_character({ character: wrong });
  }
  return /^[A-Za-z0-9]/.test(name) ? undefined : m.form_name_start();
}

/**
 * Assigns the server's errors to fields by their JSON pointer (RFC 6901). The first reference token names the field,
 * so /read_regions/0 belongs to the read regions. Errors of other fields become general ones.
 */
export function assignErrors<Field extends string>(
  found: readonly FieldFault[],
  ownField: (name: string) => Field | undefined,
): FormErrors<Field> {
  const errors: FormErrors<Field> = { byField: {}, general: [] };
  for (const fault of found) {
    const name = fieldOf(fault);
    const field = ownField(name);
    const words = fieldWords(fault);
    if (field !== undefined) errors.byField[field] = join(errors.byField[field], words);
    else errors.general.push(name === "" ? words : `${name}: ${words}`); // the form shows no label for it
  }
  return errors;
}

export function hasErrors(errors: FormErrors<string>): boolean {
  return errors.general.length > 0 || invalidFields(errors).length > 0;
}

export function invalidFields(errors: FormErrors<string>): string[] {
  return Object.keys(errors.byField).filter((field) => errors.byField[field] !== undefined);
}

/** The errors that remain after fields have changed. */
export function withoutErrorsOf<Field extends string>(
  changed: readonly string[],
  errors: FormErrors<Field>,
): FormErrors<Field> {
  const left = Object.entries(errors.byField).filter(([field]) => !changed.includes(field));
  return { ...errors, byField: Object.fromEntries(left) as FormErrors<Field>["byField"] };
}

/** Several regions can have the same error, which is then shown once. */
function join(before: string | undefined, words: string): string {
  if (before === undefined) return words;
  if (before.includes(words)) return before;
  return `${before} ${words}`;
}
