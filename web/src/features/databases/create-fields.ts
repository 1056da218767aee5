import type { FieldFault } from "@/shared/api/types";

/** The fields of the create form, in display order. */
export const fields = ["name", "primary_region", "read_regions", "plan"] as const;
export type Field = (typeof fields)[number];

export interface Draft {
  name: string;
  primary_region: string;
  read_regions: string[];
  plan: string;
}

/** The errors of the form: one text per field, and those that belong to no field. */
export interface FormErrors {
  byField: Partial<Record<Field, string>>;
  general: string[];
}

export const noErrors: FormErrors = { byField: {}, general: [] };

// The server's rule for names. The server checks everything else.
const nameRule = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** The error of a name of our own choice, if it has one. */
export function nameError(name: string): string | undefined {
  if (name === "") return "Enter a name.";
  if (nameRule.test(name)) return undefined;
  return "Use up to 64 letters, digits, hyphens and underscores. Start with a letter or a digit.";
}

/** Finds the errors that need no request. */
export function checkDraft(draft: Draft): FormErrors {
  const byField: FormErrors["byField"] = {};
  const name = nameError(draft.name);
  if (name !== undefined) byField.name = name;
  if (draft.primary_region === "") byField.primary_region = "Choose a region.";
  return { byField, general: [] };
}

/**
 * Assigns the server's errors to fields by their JSON pointer (RFC 6901). The first reference token names the field,
 * so /read_regions/0 belongs to the read regions. Errors of other fields become general ones.
 */
export function errorsFromServer(found: readonly FieldFault[]): FormErrors {
  const errors: FormErrors = { byField: {}, general: [] };
  for (const { pointer, detail } of found) {
    const field = fieldOf(pointer);
    if (field === undefined) errors.general.push(detail);
    else errors.byField[field] = join(errors.byField[field], detail);
  }
  return errors;
}

export function hasErrors(errors: FormErrors): boolean {
  return errors.general.length > 0 || firstInvalid(errors) !== undefined;
}

/** The errors that remain after fields have changed. */
export function withoutErrorsOf(changed: readonly Field[], errors: FormErrors): FormErrors {
  const left = Object.entries(errors.byField).filter(([field]) => !changed.includes(field as Field));
  return { ...errors, byField: Object.fromEntries(left) };
}

/** The first invalid field, in display order. */
export function firstInvalid(errors: FormErrors): Field | undefined {
  return fields.find((field) => errors.byField[field] !== undefined);
}

function fieldOf(pointer: string): Field | undefined {
  const token = pointer.split("/")[1];
  // The form has no field for the platform, which follows from the region.
  if (token === "platform" || token === "region") return "primary_region";
  return fields.find((field) => field === token);
}

function join(before: string | undefined, detail: string): string {
  return before === undefined ? detail : `${before} ${detail}`;
}
