import { m } from "@/messages/messages";
import type { CreateSearchIndex, FieldFault } from "@/shared/api/types";
import { assignErrors, type FormErrors, nameError } from "@/shared/form/form-errors";

/** The fields of the form, in display order, with the names of the request. */
export const fields = ["name", "region", "type"] as const;
export type Field = (typeof fields)[number];

/** The label of each field. */
export const labels = (): Readonly<Record<Field, string>> => ({
  name: m.resources_name(),
  region: m.resources_region(),
  type: m.resources_plan(),
});

export type Draft = Record<Field, string>;

export const empty: Draft = { name: "", region: "", type: "" };

export const regions = ["eu-west-1", "us-central1"];
export const plans = ["free", "payg", "fixed"];

/** Finds the errors that need no request. */
export function checkDraft(draft: Draft): FormErrors<Field> {
  const byField: FormErrors<Field>["byField"] = {};
  const name = nameError(draft.name);
  if (name !== undefined) byField.name = name;
  if (draft.region === "") byField.region = m.resources_region_missing();
  if (draft.type === "") byField.type = m.resources_plan_missing();
  return { byField, general: [] };
}

export function errorsFromServer(found: readonly FieldFault[]): FormErrors<Field> {
  return assignErrors(found, (token) => fields.find((field) => field === token));
}

export function toRequest(draft: Draft): CreateSearchIndex {
  return { ...draft };
}
