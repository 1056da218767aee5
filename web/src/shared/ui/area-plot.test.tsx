import { render, screen } from "@testing-library/react";
import { test } from "vitest";
import { AreaPlot } from "./area-plot";

const points = [
  { at: 0, label: "Monday", value: 1 },
  { at: 1, label: "Tuesday", value: 2 },
];

test.each([
  [2, "Plot of Commands: 2 values from Monday to Tuesday"],
  [1, "Plot of Commands: one value at Monday"],
])("the name of a plot of %d values", (count, name) => {
  render(<AreaPlot label="Commands" points={points.slice(0, count)} format={String} />);
  screen.getByRole("img", { name });
});
