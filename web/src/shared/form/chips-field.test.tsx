import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { beforeEach, expect, test, vi } from "vitest";
import { Announcer } from "@/shared/ui/announcer";
import { typingPause } from "@/shared/ui/debounced-announcement";
import { ChipsField } from "./chips-field";

const user = userEvent.setup();
const onSubmit = vi.fn((event: { preventDefault(): void }) => event.preventDefault());

const options = [
  ["eu-west-1", "Europe (Ireland)"],
  ["eu-central-1", "Europe (Frankfurt)"],
  ["ap-south-1", "Asia Pacific (Mumbai)"],
].map(([id = "", label = ""]) => ({ id, text: `${label} ${id}`, otherTexts: `other name of ${id}`, label }));

function Form() {
  const [value, setValue] = useState<string[]>([]);
  return (
    <Announcer>
      <form onSubmit={onSubmit}>
        <ChipsField
          field="read_regions"
          label="Read regions"
          hint="Optional."
          words={{
            search: "Search for a region",
            allChosen: "Every region of this list is chosen.",
            noMatch: (text) => `No other region matches “${text}”.`,
          }}
          options={options}
          value={value}
          error={undefined}
          onChange={setValue}
        />
        <button type="submit">Send</button>
      </form>
    </Announcer>
  );
}

beforeEach(() => {
  onSubmit.mockClear();
  render(<Form />);
});

const field = () => screen.getByRole<HTMLInputElement>("combobox", { name: "Read regions" });
const isOpen = () => field().getAttribute("aria-expanded") === "true";
const listed = () => screen.queryAllByRole("option").map((option) => option.textContent);
const active = () =>
  document.getElementById(field().getAttribute("aria-activedescendant") ?? "")?.textContent;
const chips = () =>
  within(screen.getByRole("list", { name: "Read regions, chosen" }))
    .getAllByRole("listitem")
    .map((chip) => chip.textContent);
const announced = () => screen.getByTestId("announcer").textContent;

test("the field is a combobox with a closed list", () => {
  expect(field().getAttribute("aria-autocomplete")).toBe("list");
  expect(isOpen()).toBe(false);
  expect(field().getAttribute("aria-controls")).toBeNull();
  expect(screen.queryByRole("listbox")).toBeNull();
});

test.each([
  ["{ArrowDown}", "Europe (Ireland)"],
  ["{ArrowDown}{ArrowDown}", "Europe (Frankfurt)"],
  ["{ArrowDown}{ArrowDown}{ArrowDown}{ArrowDown}", "Europe (Ireland)"],
  ["{ArrowUp}", "Asia Pacific (Mumbai)"],
  ["{ArrowUp}{ArrowUp}", "Europe (Frankfurt)"],
  ["{ArrowDown}{ArrowUp}", "Asia Pacific (Mumbai)"],
  ["{Alt>}{ArrowDown}{/Alt}", undefined],
])("%s opens the list at %s", async (keys, option) => {
  await user.click(field());
  await user.keyboard(`{Escape}${keys}`);
  expect(isOpen()).toBe(true);
  expect(field().getAttribute("aria-controls")).toBe(
    screen.getByRole("listbox", { name: "Read regions" }).id,
  );
  expect(active()).toBe(option);
  expect(screen.queryByRole("option", { selected: true })?.textContent).toBe(option);
  expect(document.activeElement).toBe(field());
});

test("typing filters by every word, and Enter adds the first match as a chip without sending the form", async () => {
  await user.type(field(), "EUROPE fra");
  expect(listed()).toEqual(["Europe (Frankfurt)"]);
  await user.keyboard("{Enter}");
  expect(chips()).toEqual(["Europe (Frankfurt)"]);
  expect(announced()).toContain("Europe (Frankfurt) eu-central-1 added");
  expect(field().value).toBe("");
  expect(isOpen()).toBe(false);
  expect(onSubmit).not.toHaveBeenCalled();

  await user.keyboard("{ArrowDown}");
  expect(listed()).toEqual(["Europe (Ireland)", "Asia Pacific (Mumbai)"]);
});

test("typing finds an option by its other texts, too", async () => {
  await user.type(field(), "other ap-south");
  expect(screen.getAllByRole("option").map(({ textContent }) => textContent)).toEqual([
    "Asia Pacific (Mumbai)",
  ]);
});

test("Enter in the empty, closed field sends the form", async () => {
  await user.click(field());
  await user.keyboard("{Escape}{Enter}");
  expect(onSubmit).toHaveBeenCalledOnce();
});

test("without a match nothing is added or sent, and that is announced after a pause", async () => {
  await user.type(field(), "moon{Enter}");
  screen.getByText("No other region matches “moon”.");
  expect(screen.queryByRole("list")).toBeNull();
  expect(onSubmit).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(announced()).toContain("No other region matches"), 2 * typingPause);
});

test("Escape closes the list, then empties the field", async () => {
  await user.type(field(), "eu{Escape}");
  expect(isOpen()).toBe(false);
  expect(field().value).toBe("eu");
  await user.keyboard("{Escape}");
  expect(field().value).toBe("");
});

test("a click opens the list, a press on an option adds it, and the focus stays in the field", async () => {
  await user.click(field());
  await user.click(screen.getByRole("option", { name: "Asia Pacific (Mumbai)" }));
  expect(chips()).toEqual(["Asia Pacific (Mumbai)"]);
  expect(document.activeElement).toBe(field());
  await user.click(field());
  await user.click(field());
  expect(isOpen()).toBe(false);
});

test("a chip is removed with its button or with Backspace, and the focus stays in the field", async () => {
  for (const text of ["ireland", "mumbai", "frankfurt"]) await user.type(field(), `${text}{Enter}`);
  await user.keyboard("{Backspace}");
  expect(chips()).toEqual(["Europe (Ireland)", "Asia Pacific (Mumbai)"]);
  expect(announced()).toContain("Europe (Frankfurt) eu-central-1 removed");
  await user.click(screen.getByRole("button", { name: "Remove Europe (Ireland) eu-west-1" }));
  expect(chips()).toEqual(["Asia Pacific (Mumbai)"]);
  expect(document.activeElement).toBe(field());

  await user.type(field(), "eu{Backspace}");
  expect(chips()).toEqual(["Asia Pacific (Mumbai)"]);
});

test("leaving the field closes the list and drops what was typed", async () => {
  await user.type(field(), "eu");
  await user.tab();
  expect(isOpen()).toBe(false);
  expect(field().value).toBe("");
  fireEvent.focus(field());
  expect(isOpen()).toBe(false);
});
