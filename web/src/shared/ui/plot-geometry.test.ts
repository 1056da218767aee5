import { expect, test } from "vitest";
import { extentOf, plotGeometry } from "./plot-geometry";

const points = (...values: number[]) => values.map((value, at) => ({ at, label: String(at), value }));

test("the scale begins at zero and ends at the largest value", () => {
  expect(plotGeometry(points(0, 10, 5), 100, 50)).toEqual({
    line: "M0 50L50 0L100 25",
    area: "M0 50L50 0L100 25L100 50L0 50Z",
  });
});

test("values are apart by their times", () => {
  const [first, second, third] = points(1, 1, 1);
  if (first === undefined || second === undefined || third === undefined) throw new Error("no points");
  expect(plotGeometry([first, second, { ...third, at: 10 }], 100, 50).line).toBe("M0 0L10 0L100 0");
});

test("one value is a dot in the middle", () => {
  expect(plotGeometry(points(7), 100, 50).line).toBe("M50 0h0");
});

test("zeros lie on the base, and negative values below it", () => {
  expect(plotGeometry(points(0, 0), 100, 50).line).toBe("M0 50L100 50");
  expect(plotGeometry(points(-5, 5), 100, 50).area).toBe("M0 50L100 0L100 25L0 25Z");
});

test("nothing has neither a line nor an extent", () => {
  expect(plotGeometry([], 100, 50)).toEqual({ line: "", area: "" });
  expect(extentOf([])).toBeUndefined();
  expect(extentOf(points(3, 1, 2))).toEqual({ min: 1, max: 3, last: 2 });
});
