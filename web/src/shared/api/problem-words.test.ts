import { afterEach, expect, test } from "vitest";
import { getLocale, overwriteGetLocale } from "@/messages/runtime";
import { ApiProblem } from "./problem";
import { wordsFor } from "./problem-words";
import schema from "./schema.gen.ts?raw";

/** The generator of types omits an open list of values, except for the sentence that documents it. */
const known = /of the problem\..* Known codes: ([a-z_, ]+)/.exec(schema)?.[1] ?? "";
const codes = known.split(",").map((code) => code.trim());

const inEnglish = getLocale;
afterEach(() => overwriteGetLocale(inEnglish));

test("the generated schema names its codes", () => {
  expect(codes.length).toBeGreaterThan(40);
  expect(codes).toContain("validation_failed");
});

test.each(codes)("the page has words of its own for %s", (code) => {
  const theirs = "Words of the server";
  const problem = new ApiProblem({ code, status: 400, title: theirs, detail: "What the server adds." });

  const english = wordsFor(problem);

  expect(english.title).not.toBe(theirs);
  expect(english.text).not.toBe(problem.detail);
  expect(english.text).not.toBe("");

  overwriteGetLocale(() => "de");
  const german = wordsFor(problem);

  expect(german.title).not.toBe(english.title);
  expect(german.text).not.toBe(english.text);
});

test("a code of a newer server shows the server's words", () => {
  const problem = new ApiProblem({
    code: "from_a_newer_server",
    status: 400,
    title: "Theirs",
    detail: "All.",
  });
  expect(wordsFor(problem)).toEqual({ title: "Theirs", text: "All." });
});
