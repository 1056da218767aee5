import type { FieldFault } from "@/shared/api/types";

/** The fields of the create form, in the order in which they are shown. */
export const fields = ["name", "primary_region", "read_regions", "plan"] as const;
export type Field = (typeof fields)[number];

export interface Draft {
  name: string;
  primary_region: string;
  read_regions: string[];
  plan: string;
}

/** What is wrong: per field, and what belongs to none. */
export interface Faults {
  byField: Partial<Record<Field, string>>;
  general: string[];
}

export const noFaults: Faults = { byField: {}, general: [] };

// The server's rule for names. Everything else is left to the server, which knows what is allowed.
const nameRule = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** The few faults that need no round trip to be found. */
export function checkDraft(draft: Draft): Faults {
  const byField: Faults["byField"] = {};
  if (draft.name === "") byField.name = "Give the database a name.";
  else if (!nameRule.test(draft.name)) {
    byField.name =
      "Use up to 64 letters, digits, hyphens and underscores, starting with a letter or a digit.";
  }
  if (draft.primary_region === "") byField.primary_region = "Choose a region.";
  return { byField, general: [] };
}

/**
 * Sorts the server's field faults to our fields by their JSON pointer (RFC 6901): the first reference token
 * names the field, so /read_regions/0 belongs to the read regions. What no field of ours answers for is kept.
 */
export function faultsFromServer(errors: readonly FieldFault[]): Faults {
  const faults: Faults = { byField: {}, general: [] };
  for (const { pointer, detail } of errors) {
    const field = fieldOf(pointer);
    if (field === undefined) faults.general.push(detail);
    else faults.byField[field] = join(faults.byField[field], detail);
  }
  return faults;
}

export function hasFaults(faults: Faults): boolean {
  return faults.general.length > 0 || firstFault(faults) !== undefined;
}

/** The faults that are left once a field has been changed. */
export function withoutFault(faults: Faults, changed: readonly Field[]): Faults {
  const left = Object.entries(faults.byField).filter(([field]) => !changed.includes(field as Field));
  return { ...faults, byField: Object.fromEntries(left) };
}

/** The first field at fault, in the order of the form. */
export function firstFault(faults: Faults): Field | undefined {
  return fields.find((field) => faults.byField[field] !== undefined);
}

function fieldOf(pointer: string): Field | undefined {
  const token = pointer.split("/")[1];
  // The platform is not asked for: it follows from the region.
  if (token === "platform" || token === "region") return "primary_region";
  return fields.find((field) => field === token);
}

function join(before: string | undefined, detail: string): string {
  return before === undefined ? detail : `${before} ${detail}`;
}
