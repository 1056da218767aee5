import type { CreateSearchIndex, FieldFault } from "@/shared/api/types";
import { assignErrors, type FormErrors, nameError } from "@/shared/form/form-errors";

/** The labels of the form's fields, in display order. The fields have the names of the request. */
export const labels = { name: "Name", region: "Region", type: "Plan" } as const;
export type Field = keyof typeof labels;

export type Draft = Record<Field, string>;

export const empty: Draft = { name: "", region: "", type: "" };

export const regions = ["eu-west-1", "us-central1"];
export const plans = ["free", "payg", "fixed"];

/** Finds the errors that need no request. */
export function checkDraft(draft: Draft): FormErrors<Field> {
  const byField: FormErrors<Field>["byField"] = {};
  const name = nameError(draft.name);
  if (name !== undefined) byField.name = name;
  if (draft.region === "") byField.region = "Choose a region.";
  if (draft.type === "") byField.type = "Choose a plan.";
  return { byField, general: [] };
}

export function errorsFromServer(found: readonly FieldFault[]): FormErrors<Field> {
  return assignErrors(found, (token) => (Object.keys(labels) as Field[]).find((field) => field === token));
}

export function toRequest(draft: Draft): CreateSearchIndex {
  return { ...draft };
}
