import { expect, test } from "vitest";
import type { Policy } from "@/shared/api/services";
import { policy } from "@/test/fixtures";
import { canBeNarrowed, changesBetween, narrowingOf, reachesUpTo, readMost, settled } from "./policy";
import { limitsOf } from "./policy-words";

test("reaches, the widest first", () => {
  expect(reachesUpTo("all")).toEqual(["all", "created"]);
  expect(reachesUpTo("created")).toEqual(["created"]);
  expect(reachesUpTo("selected")).toEqual(["selected"]);
});

test.each([
  ["", 0, 0],
  ["", 5, Number.NaN],
  ["5", 5, 5],
  [" 3 ", 5, 3],
  ["6", 5, Number.NaN],
  ["6", 0, 6],
  ["0", 0, Number.NaN],
  ["-1", 0, Number.NaN],
  ["1e3", 0, Number.NaN],
  ["9999999999", 0, Number.NaN],
])("%j entered, with a bound of %d", (text, most, read) => {
  expect(readMost(text, most)).toBe(read);
});

test("an untouched choice changes nothing", () => {
  expect(changesBetween(policy, narrowingOf(policy))).toEqual({});
});

test("a number without creating is the one that stands", () => {
  const choice = { ...narrowingOf(policy), scopes: ["redis.list"], max_databases: Number.NaN };
  expect(settled(choice, policy).max_databases).toBe(5);
});

test.each<[boolean, Partial<Policy>]>([
  [false, { scopes: ["redis.list"], databases: "selected" }],
  [false, { scopes: ["redis.create"], databases: "selected", max_databases: 1 }],
  [true, { scopes: ["redis.create"], databases: "selected", max_databases: 0 }],
  [false, { scopes: ["redis.list"], databases: "created" }],
  [true, { scopes: ["redis.list"], databases: "all" }],
  [true, { scopes: ["redis.list", "redis.get"], databases: "selected" }],
])("something can be left out: %j of %j", (can, part) => {
  expect(canBeNarrowed({ ...policy, ...part })).toBe(can);
});

test("bounds in words: none, some, and a list that allows nothing", () => {
  const bounds = limitsOf({ ...policy, max_databases: 0, max_budget: 1500, regions: [], plans: ["free"] });
  expect(bounds.map(({ value }) => value)).toEqual(["No limit", "At most 1,500", "None", "free"]);
  expect(limitsOf({ ...policy, scopes: ["redis.list"] })).toEqual([]);
});

test("the regions and plans bound an index too, the number of databases does not", () => {
  const bounds = limitsOf({ ...policy, scopes: ["vector.create"] });
  expect(bounds).toEqual([
    { label: "Regions", value: "us-east-1, eu-west-1" },
    { label: "Plans", value: "Any" },
  ]);
});
