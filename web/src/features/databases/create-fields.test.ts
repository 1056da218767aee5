import { expect, test } from "vitest";
import { hasErrors, invalidFields } from "@/shared/form/form-errors";
import { catalog } from "@/test/fixtures";
import { checkDraft, type Draft, empty, errorsFromServer, toRequest } from "./create-fields";

const good: Draft = { ...empty, name: "orders", primary_region: "us-east-1" };

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

test.each([
  ["-a", "Start with a letter or a digit."],
  ["a b", "Remove the spaces. Use letters from A to Z, digits, hyphens and underscores."],
  ["a.b", "Remove “.”. Use letters from A to Z, digits, hyphens and underscores."],
  ["a".repeat(70), "Use 64 characters at most. This name has 70."],
])("the error of the name %j says what to change", (name, error) => {
  expect(checkDraft({ ...good, name }).byField.name).toBe(error);
});

test.each(["-1", "1.5", "20 USD", "9999999999"])("a budget of %j is invalid", (budget) => {
  expect(invalidFields(checkDraft({ ...good, budget }))).toEqual(["budget"]);
  expect(hasErrors(checkDraft({ ...good, budget, plan: "free" }))).toBe(false);
});

test("the request has only what was entered", () => {
  const least = { name: "orders", primary_region: "us-east-1", platform: "aws", read_regions: [] };
  expect(toRequest(good, catalog)).toEqual(least);
  expect(toRequest({ ...good, plan: "payg", budget: " 20 ", eviction: true }, catalog)).toEqual({
    ...least,
    plan: "payg",
    budget: 20,
    eviction: true,
  });
  expect(toRequest({ ...good, plan: "free", budget: "20" }, catalog)).toEqual({ ...least, plan: "free" });
});

test("a missing region is invalid", () => {
  expect(invalidFields(checkDraft({ ...good, primary_region: "" }))).toEqual(["primary_region"]);
});

test("the server's errors are assigned to fields by their pointers", () => {
  const got = errorsFromServer([
    { pointer: "/read_regions/2", code: "invalid_value", detail: "is not a region" },
    { pointer: "/read_regions/1", code: "invalid_value", detail: "is not a region" },
    { pointer: "/read_regions/0", code: "duplicate", detail: "is listed twice" },
    { pointer: "/name", code: "already_used", detail: "is already used in this account" },
    { pointer: "/platform", code: "from_a_newer_server", detail: "The server's own text." },
    { pointer: "/budget", code: "not_allowed", detail: "must be at most 20 here", maximum: 20 },
    { pointer: "/tls", code: "invalid_value", detail: "must be true" },
    { pointer: "", code: "from_a_newer_server", detail: "Too many databases." },
  ]);
  expect(got).toEqual({
    byField: {
      read_regions: "One of these regions cannot be a read region. This value appears twice.",
      name: "Your account already uses this name. Choose another one.",
      primary_region: "The server's own text.",
      budget: "This server allows at most 20.",
    },
    general: ["tls: This value is invalid. Choose another one.", "Too many databases."],
  });
});
