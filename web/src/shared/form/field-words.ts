import { m } from "@/messages/messages";
import type { FieldFault } from "@/shared/api/types";

type Words = (fault: FieldFault) => string;

/** The page's messages for the codes of field errors. */
const messages: Readonly<Record<string, Words>> = {
  required: m.field_required,
  unknown_field: m.field_unknown,
  invalid_type: m.field_invalid_format,
  invalid_format: m.field_invalid_format,
  invalid_value: m.field_invalid_value,
  too_long: ({ maximum }) =>
    maximum === undefined ? m.field_too_long() : m.field_too_long_limit({ limit: maximum }),
  out_of_range: ({ minimum, maximum }) =>
    inRange(minimum, maximum, {
      between: m.field_between,
      atLeast: m.field_at_least,
      atMost: m.field_at_most,
      unknown: m.field_out_of_range,
    }),
  duplicate: m.field_duplicate,
  conflict: m.field_conflict,
  already_used: m.field_already_used,
  not_allowed: ({ minimum, maximum }) =>
    inRange(minimum, maximum, {
      between: m.field_allowed_between,
      atLeast: m.field_allowed_at_least,
      atMost: m.field_allowed_at_most,
      unknown: m.field_not_allowed,
    }),
};

/** More exact messages for the codes of single fields, which are named as in the request. */
const ofField: Readonly<Record<string, Readonly<Record<string, Words>>>> = {
  name: { invalid_format: m.form_name_rules },
  region: { invalid_value: m.field_region_unknown, not_allowed: m.field_region_not_allowed },
  primary_region: { invalid_value: m.field_region_unknown, not_allowed: m.field_region_not_allowed },
  read_regions: {
    invalid_value: m.field_read_region_unknown,
    not_allowed: m.field_region_not_allowed,
    conflict: m.field_read_region_conflict,
    too_long: ({ maximum }) =>
      maximum === undefined ? m.field_too_long() : m.field_too_many_limit({ limit: maximum }),
  },
  plan: { invalid_value: m.field_plan_unknown, not_allowed: m.field_plan_not_allowed },
  type: { invalid_value: m.field_plan_unknown, not_allowed: m.field_plan_not_allowed },
};

/** The field that a JSON pointer names (RFC 6901), so read_regions for /read_regions/0. Empty: the whole request. */
export function fieldOf({ pointer }: FieldFault): string {
  return pointer.split("/")[1] ?? "";
}

/** The text for a field error. An unknown code, of a newer server, uses the server's detail. */
export function fieldWords(fault: FieldFault): string {
  const words = ofField[fieldOf(fault)]?.[fault.code] ?? messages[fault.code];
  return words?.(fault) ?? fault.detail;
}

interface RangeWords {
  between: (limits: { minimum: number; maximum: number }) => string;
  atLeast: (limit: { limit: number }) => string;
  atMost: (limit: { limit: number }) => string;
  unknown: () => string;
}

function inRange(minimum: number | undefined, maximum: number | undefined, words: RangeWords): string {
  if (minimum !== undefined && maximum !== undefined) return words.between({ minimum, maximum });
  if (minimum !== undefined) return words.atLeast({ limit: minimum });
  return maximum === undefined ? words.unknown() : words.atMost({ limit: maximum });
}
