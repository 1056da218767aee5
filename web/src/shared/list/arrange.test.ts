import { expect, test } from "vitest";
import { arrange, type ListView, pageSize } from "./arrange";
import type { Column } from "./column";

interface Item {
  id: string;
  name: string;
  region: string;
  created: number | null;
}

const column = (id: "name" | "region" | "created"): Column<Item> => ({
  id,
  title: id,
  width: "small",
  value: (item) => item[id],
  cell: () => null,
  ascending: "",
  descending: "",
});
const columns = [column("name"), column("region"), column("created")];
const textsOf = ({ name, region }: Item) => [name, region];

const items: Item[] = [
  { id: "9f-1", name: "orders-10", region: "Ireland", created: 3 },
  { id: "8e-2", name: "orders-2", region: "Virginia", created: null },
  { id: "7d-3", name: "Sessions", region: "Ireland", created: 5 },
  { id: "6c-4", name: "cache", region: "Virginia", created: 5 },
];

function namesOf(view: Partial<ListView>, list = items) {
  const sorting = { column: "name", descending: false };
  return arrange(list, { search: "", sorting, page: 0, ...view }, columns, textsOf).rows.map(
    ({ name }) => name,
  );
}

test.each([
  ["", ["cache", "orders-2", "orders-10", "Sessions"]],
  ["ORDERS", ["orders-2", "orders-10"]],
  ["  ireland ", ["orders-10", "Sessions"]],
  ["virginia orders", ["orders-2"]],
  ["8E-2", ["orders-2"]], // an id
  ["e-2", []], // within an id
  ["nothing", []],
])("%j finds %j", (search, names) => {
  expect(namesOf({ search })).toEqual(names);
});

test.each([
  ["name", true, ["Sessions", "orders-10", "orders-2", "cache"]],
  ["region", false, ["orders-10", "Sessions", "cache", "orders-2"]],
  ["region", true, ["cache", "orders-2", "orders-10", "Sessions"]],
  ["created", false, ["orders-10", "cache", "Sessions", "orders-2"]],
  ["created", true, ["cache", "Sessions", "orders-10", "orders-2"]],
])("by %s, descending %s: equal rows by name, unknown values last", (id, descending, names) => {
  expect(namesOf({ sorting: { column: id, descending } })).toEqual(names);
});

test("pages divide what matches; a page beyond the end is the last one", () => {
  const many = Array.from({ length: 2 * pageSize + 1 }, (_, n) => ({
    id: `id-${n}`,
    name: `db-${n}`,
    region: "Ireland",
    created: n,
  }));
  const view = { search: "", sorting: { column: "name", descending: false } };
  const at = (page: number, search = "") => {
    const { rows, ...rest } = arrange(many, { ...view, search, page }, columns, textsOf);
    return { ...rest, first: rows[0]?.name, count: rows.length };
  };
  expect(at(0)).toEqual({ matches: 101, page: 0, pages: 3, first: "db-0", count: 50 });
  expect(at(1)).toEqual({ matches: 101, page: 1, pages: 3, first: "db-50", count: 50 });
  expect(at(7)).toEqual({ matches: 101, page: 2, pages: 3, first: "db-100", count: 1 });
  expect(at(7, "nothing")).toEqual({ matches: 0, page: 0, pages: 1, first: undefined, count: 0 });
  expect(many.map(({ name }) => name).slice(0, 3), "the list itself stays as it was").toEqual([
    "db-0",
    "db-1",
    "db-2",
  ]);
});
