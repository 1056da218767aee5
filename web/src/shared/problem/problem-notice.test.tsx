import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { renderConnected } from "@/test/render";
import { ProblemNotice } from "./problem-notice";

const user = userEvent.setup();

function Part() {
  const [failed, setFailed] = useState(true);
  return (
    <main>
      <section aria-label="Usage">
        {failed ? <ProblemNotice error={new Error()} onRetry={() => setFailed(false)} /> : <p>42</p>}
      </section>
      <button type="button" onClick={() => setFailed(false)}>
        Elsewhere
      </button>
    </main>
  );
}

test("Retry removes the problem, and the focus moves to the part of the page that it was about", async () => {
  renderConnected(<Part />);
  await user.click(screen.getByRole("button", { name: "Retry" }));
  screen.getByText("42");
  expect(document.activeElement).toBe(screen.getByRole("region", { name: "Usage" }));
});

test("a problem that ends while the focus is elsewhere does not move it", async () => {
  renderConnected(<Part />);
  await user.click(screen.getByRole("button", { name: "Elsewhere" }));
  screen.getByText("42");
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Elsewhere" }));
});
