import type { FieldFault } from "@/shared/api/types";
import { assignErrors, type FormErrors, nameError } from "@/shared/form/form-errors";

/** The fields of the create form, in display order. */
export const fields = ["name", "primary_region", "read_regions", "plan"] as const;
export type Field = (typeof fields)[number];

export interface Draft {
  name: string;
  primary_region: string;
  read_regions: string[];
  plan: string;
}

/** Finds the errors that need no request. */
export function checkDraft(draft: Draft): FormErrors<Field> {
  const byField: FormErrors<Field>["byField"] = {};
  const name = nameError(draft.name);
  if (name !== undefined) byField.name = name;
  if (draft.primary_region === "") byField.primary_region = "Choose a region.";
  return { byField, general: [] };
}

/** Assigns the server's errors to the fields of the form. */
export function errorsFromServer(found: readonly FieldFault[]): FormErrors<Field> {
  return assignErrors(found, (token) => {
    // The form has no field for the platform, which follows from the region.
    if (token === "platform" || token === "region") return "primary_region";
    return fields.find((field) => field === token);
  });
}
