import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { StrictMode, useRef, useState } from "react";
import { expect, test } from "vitest";
import { useModal } from "./use-modal";

const user = userEvent.setup();

function Modal(props: { onDone: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useModal(dialog, props.onDone);
  return (
    <dialog ref={dialog}>
      <button type="button" onClick={props.onDone}>
        Done
      </button>
    </dialog>
  );
}

function Opener() {
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Open
      </button>
      <p>Other</p>
      {open && <Modal onDone={() => setOpen(false)} />}
    </>
  );
}

test("a dialog that disappears returns the focus to what had it before", async () => {
  render(
    <StrictMode>
      <Opener />
    </StrictMode>,
  );
  const opener = screen.getByRole("button", { name: "Open" });
  await user.click(opener);
  await user.click(screen.getByRole("button", { name: "Done" }));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(document.activeElement).toBe(opener);
});
