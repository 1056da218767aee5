import { m } from "@/messages/messages";
import type { Catalog, CreateDatabase, FieldFault } from "@/shared/api/types";
import { assignErrors, type FormErrors, nameError } from "@/shared/form/form-errors";
import { budgetOf } from "./budget-form";

/** The labels of the create form's fields, in display order. */
export const labels = (): Readonly<Record<Field, string>> => ({
  name: m.form_name(),
  primary_region: m.database_primary_region(),
  read_regions: m.database_read_regions(),
  plan: m.database_plan(),
  budget: m.database_budget(),
  eviction: m.database_eviction(),
});
export type Field = keyof Draft;

export interface Draft {
  name: string;
  primary_region: string;
  read_regions: string[];
  plan: string;
  budget: string;
  eviction: boolean;
}

export const empty: Draft = {
  name: "",
  primary_region: "",
  read_regions: [],
  plan: "",
  budget: "",
  eviction: false,
};

/** Finds the errors that need no request. */
export function checkDraft(draft: Draft): FormErrors<Field> {
  const byField: FormErrors<Field>["byField"] = {};
  const name = nameError(draft.name);
  if (name !== undefined) byField.name = name;
  if (draft.primary_region === "") byField.primary_region = m.database_primary_region_missing();
  if (hasBudget(draft) && budgetOf(draft.budget) === undefined) {
    byField.budget = m.database_budget_invalid();
  }
  return { byField, general: [] };
}

/** The free plan has no budget. */
function hasBudget({ plan, budget }: Draft): boolean {
  return plan !== "free" && budget.trim() !== "";
}

/** Assigns the server's errors to the fields of the form. */
export function errorsFromServer(found: readonly FieldFault[]): FormErrors<Field> {
  return assignErrors(found, (token) => {
    // The form has no field for the platform, which follows from the region.
    if (token === "platform" || token === "region") return "primary_region";
    return (Object.keys(empty) as Field[]).find((field) => field === token);
  });
}

/** The request. What the user leaves alone is Upstash's to decide. */
export function toRequest(draft: Draft, catalog: Catalog): CreateDatabase {
  const platform = catalog.regions.find(({ id }) => id === draft.primary_region)?.platform;
  const budget = hasBudget(draft) ? budgetOf(draft.budget) : undefined;
  return {
    name: draft.name,
    primary_region: draft.primary_region,
    read_regions: draft.read_regions,
    ...(platform === undefined ? {} : { platform }),
    ...(draft.plan === "" ? {} : { plan: draft.plan }),
    ...(budget === undefined ? {} : { budget }),
    ...(draft.eviction ? { eviction: true } : {}),
  };
}
