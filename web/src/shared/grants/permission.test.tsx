import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { policy } from "@/test/fixtures";
import { NarrowFields } from "./narrow-fields";
import { narrowingOf } from "./policy";
import { PolicyFacts } from "./policy-facts";

const asked = { ...policy, scopes: ["redis.list", "vector.delete", "redis.unheard-of"] };

test("what is asked for marks what destroys, and shows an unknown scope unchanged", () => {
  render(<PolicyFacts policy={asked} asked />);
  const items = screen.getAllByRole("listitem").map((item) => item.textContent);
  expect(items).toEqual([
    "List your databases",
    "Delete Vector indexes that it created, with all their data Dangerous",
    "redis.unheard-of",
  ]);
});

test("the mark is part of the name of the box that allows it", () => {
  render(<NarrowFields most={asked} value={narrowingOf(asked)} onChange={() => {}} />);
  screen.getByRole("checkbox", { name: "List your databases" });
  screen.getByRole("checkbox", { name: /^Delete Vector indexes that it created.* Dangerous$/ });
});
