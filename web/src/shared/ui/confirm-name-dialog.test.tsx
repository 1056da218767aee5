import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import { ConfirmNameDialog } from "./confirm-name-dialog";

const user = userEvent.setup();
const onConfirm = vi.fn();
const onClose = vi.fn();

beforeEach(() => {
  onConfirm.mockReset();
  onClose.mockReset();
});

function show(name = "orders", pending = false) {
  return render(
    <ConfirmNameDialog
      title={`Delete ${name}?`}
      name={name}
      action="Delete"
      working="Deleting…"
      pending={pending}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <p>Its data is lost.</p>
    </ConfirmNameDialog>,
  );
}

const input = () => screen.getByRole<HTMLInputElement>("textbox", { name: "Type orders to confirm" });
const button = (name: string) => screen.getByRole<HTMLButtonElement>("button", { name });

test("the dialog has the title as its name, and the focus is on the field", () => {
  show();
  screen.getByRole("dialog", { name: "Delete orders?" });
  screen.getByText("Its data is lost.");
  expect(document.activeElement).toBe(input());
});

test.each(["", "order", "Orders", "orders2", "or ders"])(
  "%j is not the name: neither the button nor Enter does anything",
  async (text) => {
    show();
    if (text !== "") await user.type(input(), text);
    await user.keyboard("{Enter}");
    expect(button("Delete").disabled).toBe(true);
    await user.click(button("Delete"));
    expect(onConfirm).not.toHaveBeenCalled();
  },
);

test("a script that submits the form confirms no other name", () => {
  show();
  const form = input().form;
  if (form !== null) fireEvent.submit(form);
  expect(form).not.toBeNull();
  expect(onConfirm).not.toHaveBeenCalled();
});

test.each(["orders", " orders", "orders  "])("%j is the name", async (text) => {
  show();
  await user.type(input(), text);
  await user.click(button("Delete"));
  expect(onConfirm).toHaveBeenCalledOnce();
});

test("Enter confirms a complete name", async () => {
  show();
  await user.type(input(), "orders{Enter}");
  expect(onConfirm).toHaveBeenCalledOnce();
});

test("while it works, a second press does nothing", async () => {
  show("orders", true);
  await user.type(input(), "orders{Enter}");
  expect(button("Deleting…").getAttribute("aria-disabled")).toBe("true");
  await user.click(button("Deleting…"));
  expect(onConfirm).not.toHaveBeenCalled();
});

test("a name that is empty or blank is never confirmed", async () => {
  show(" ");
  await user.keyboard("{Enter}");
  expect(button("Delete").disabled).toBe(true);
  expect(onConfirm).not.toHaveBeenCalled();
});

test("Cancel closes the dialog", async () => {
  show();
  await user.click(button("Cancel"));
  expect(onClose).toHaveBeenCalledOnce();
  expect(onConfirm).not.toHaveBeenCalled();
});
