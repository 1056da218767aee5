import { expect, test } from "vitest";
import { hasErrors, invalidFields } from "@/shared/form/form-errors";
import { checkDraft, type Draft, errorsFromServer } from "./create-fields";

const good: Draft = { name: "orders", primary_region: "us-east-1", read_regions: [], plan: "" };

test.each([
  ["one letter", "a"],
  ["digits, hyphens and underscores", "9-lives_x"],
  ["64 characters", "a".repeat(64)],
])("a name of %s is valid", (_, name) => {
  expect(hasErrors(checkDraft({ ...good, name }))).toBe(false);
});

test.each([
  ["nothing", ""],
  ["a leading hyphen", "-a"],
  ["a space", "a b"],
  ["65 characters", "a".repeat(65)],
  ["a trailing newline", "a\n"],
  ["letters outside ASCII", "größe"],
])("a name of %s is invalid", (_, name) => {
  expect(invalidFields(checkDraft({ ...good, name }))).toEqual(["name"]);
});

test("a missing region is invalid", () => {
  expect(invalidFields(checkDraft({ ...good, primary_region: "" }))).toEqual(["primary_region"]);
});

test("the server's errors are assigned to fields by their pointers", () => {
  const got = errorsFromServer([
    { pointer: "/read_regions/1", detail: "Not offered." },
    { pointer: "/read_regions/0", detail: "Is the primary." },
    { pointer: "/name", detail: "Too long." },
    { pointer: "/platform", detail: "Not allowed here." },
    { pointer: "/budget", detail: "Too high." },
    { pointer: "", detail: "Too many databases." },
  ]);
  expect(got).toEqual({
    byField: {
      read_regions: "Not offered. Is the primary.",
      name: "Too long.",
      primary_region: "Not allowed here.",
    },
    general: ["Too high.", "Too many databases."],
  });
});
