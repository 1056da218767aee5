import { afterEach, expect, test } from "vitest";
import { getLocale, overwriteGetLocale } from "@/messages/runtime";
import type { FieldFault } from "@/shared/api/types";
import { fieldWords } from "./field-words";

const inEnglish = getLocale;
afterEach(() => overwriteGetLocale(inEnglish));

const detail = "the server's English text";
const fault = (pointer: string, code: string, limits: Partial<FieldFault> = {}): FieldFault => ({
  pointer,
  code,
  detail,
  ...limits,
});

test.each([
  [fault("/name", "required"), "Fill in this field.", "Füllen Sie dieses Feld aus."],
  [fault("/name", "invalid_format"), "1 to 64 letters", "1 bis 64 Buchstaben"],
  [fault("/name", "too_long", { maximum: 64 }), "at most 64 characters", "höchstens 64 Zeichen"],
  [fault("/name", "already_used"), "already uses this name", "gibt es diesen Namen schon"],
  [fault("/colour", "unknown_field"), "does not know this field", "kennt dieses Feld nicht"],
  [fault("/colour", "invalid_type"), "format of this value", "Format dieses Werts"],
  [fault("/colour", "invalid_format"), "format of this value", "Format dieses Werts"],
  [fault("/colour", "invalid_value"), "Choose another one.", "Wählen Sie einen anderen."],
  [fault("/colour", "too_long"), "too long", "zu lang"],
  [fault("/colour", "duplicate"), "appears twice", "kommt zweimal vor"],
  [fault("/colour", "conflict"), "the other fields", "den anderen Feldern"],
  [fault("/colour", "not_allowed"), "does not allow this value", "erlaubt diesen Wert nicht"],
  [fault("/region", "not_allowed"), "does not allow this region", "erlaubt diese Region nicht"],
  [fault("/primary_region", "invalid_value"), "does not know this region", "kennt diese Region nicht"],
  [fault("/read_regions/3", "invalid_value"), "cannot be a read region", "keine Leseregion"],
  [fault("/read_regions/3", "conflict"), "same platform", "derselben Plattform"],
  [fault("/read_regions", "too_long", { maximum: 16 }), "at most 16", "höchstens 16"],
  [fault("/plan", "not_allowed"), "does not allow this plan", "erlaubt diesen Tarif nicht"],
  [fault("/type", "invalid_value"), "does not know this plan", "kennt diesen Tarif nicht"],
  [fault("/budget", "out_of_range"), "too small or too large", "zu klein oder zu groß"],
  [fault("/budget", "out_of_range", { minimum: 0 }), "at least 0", "mindestens 0"],
  [fault("/budget", "out_of_range", { maximum: 9 }), "at most 9", "höchstens 9"],
  [fault("/budget", "out_of_range", { minimum: 0, maximum: 9 }), "from 0 to 9", "von 0 bis 9"],
  [fault("/budget", "not_allowed", { maximum: 20 }), "allows at most 20", "erlaubt höchstens 20"],
  [fault("/budget", "not_allowed", { minimum: 1, maximum: 20 }), "allows 1 to 20", "erlaubt 1 bis 20"],
  [fault("/budget", "not_allowed", { minimum: 5 }), "allows 5 or more", "erlaubt mindestens 5"],
])("an error has the page's own text in both languages: %o", (found, english, german) => {
  expect(fieldWords(found)).toContain(english);
  overwriteGetLocale(() => "de");
  expect(fieldWords(found)).toContain(german);
});

test("a code of a newer server shows the server's text", () => {
  expect(fieldWords(fault("/name", "from_a_newer_server"))).toBe(detail);
});
