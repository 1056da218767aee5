import { expect, test } from "vitest";
import { ApiProblem } from "./problem";
import { wordsFor } from "./problem-words";
import schema from "./schema.gen.ts?raw";

/** The generator of types omits an open list of values, except for the sentence that documents it. */
const known = /Known codes: ([a-z_, ]+)/.exec(schema)?.[1] ?? "";
const codes = known.split(",").map((code) => code.trim());

test("the generated schema names its codes", () => {
  expect(codes.length).toBeGreaterThan(40);
  expect(codes).toContain("validation_failed");
});

test.each(codes)("the page has words of its own for %s", (code) => {
  const theirs = "Words of the server";
  const problem = new ApiProblem({ code, status: 400, title: theirs, detail: "What the server adds." });

  const { title, text } = wordsFor(problem);

  expect(title).not.toBe(theirs);
  expect(text).not.toBe("");
});
