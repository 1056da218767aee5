import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { operationWords } from "./operation-words";

// The tests run in web/.
const contract = readFileSync("../openapi.yaml", "utf8");

/** The operations that the contract describes: the default ones, and those that an installation opens by name. */
function operationsOfContract(): { name: string; guarded: boolean }[] {
  const defaults = /description: 'operations: (redis\.[^']+)'/.exec(contract)?.[1]?.split(", ") ?? [];
  const named = [
    ...contract.matchAll(/description: .*Open only where BFF_ALLOW_OPERATIONS names ([\w.-]+)\.['\n]/g),
  ].map(([description, name = ""]) => ({ name, guarded: description.includes("in Confirm-Name") }));
  return [...defaults.map((name) => ({ name, guarded: false })), ...named];
}

test("every operation of the contract has words, and no other has", () => {
  const names = operationsOfContract().map(({ name }) => name);
  expect(names.length).toBeGreaterThan(30);
  expect(Object.keys(operationWords).sort()).toEqual([...new Set(names)].sort());
});

test("exactly the guarded operations are marked, and say that they reach only what the service created", () => {
  const guarded = operationsOfContract().filter((each) => each.guarded);
  const marked = Object.entries(operationWords).filter(([, words]) => words.guarded === true);
  expect(marked.map(([name]) => name).sort()).toEqual(guarded.map(({ name }) => name).sort());
  for (const [name, { may }] of marked) expect(may(), name).toContain("it created");
});

test("no two operations have the same words", () => {
  for (const part of ["may", "short", "did"] as const) {
    const words = Object.values(operationWords).map((each) => each[part]());
    expect(new Set(words).size, part).toBe(words.length);
  }
});
