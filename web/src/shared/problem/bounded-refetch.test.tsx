import { useQuery } from "@tanstack/react-query";
import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { api, dataOf } from "@/shared/api/client";
import { waitWords } from "@/shared/ui/countdown-words";
import { config } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { problem, server, url } from "@/test/server";
import { useBoundedRefetch } from "./bounded-refetch";
import { ProblemNotice } from "./problem-notice";

function Thing() {
  const thing = useQuery({ queryKey: ["thing"], queryFn: () => dataOf(api.GET("/config")) });
  const again = useBoundedRefetch(thing.isSuccess, () => void thing.refetch());
  if (thing.error !== null) {
    return <ProblemNotice error={thing.error} onRetry={again.now} onWaited={again.waited} />;
  }
  return <p>{thing.data?.app_name ?? "Loading"}</p>;
}

beforeEach(() => {
  // The countdown's clock alone: it stands still until a test moves it.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
});

/** Answers 429 so many times, then the thing. Returns how often it was asked for. */
function limited(times: number): () => number {
  let asked = 0;
  server.use(
    http.get(url("/config"), () => {
      asked += 1;
      return asked <= times
        ? problem(
            429,
            "rate_limited",
            { limit: "requests", request_id: `req-${asked}` },
            { "Retry-After": "1" },
          )
        : HttpResponse.json({ ...config, app_name: "the thing" });
    }),
  );
  return () => asked;
}

/** Lets the wait of a refusal pass, once that refusal is shown. */
async function waitOut(refusal: number): Promise<void> {
  await screen.findByText(`req-${refusal}`);
  await act(() => vi.advanceTimersByTimeAsync(1_000));
}

test("a rate-limited read shows its wait and continues automatically", async () => {
  const asked = limited(2);
  renderConnected(<Thing />);
  expect((await screen.findByRole("alert")).textContent).toContain("You're going too fast");
  screen.getByText(/Retrying automatically in/);
  await waitOut(1);
  await waitOut(2);
  await screen.findByText("the thing");
  expect(asked()).toBe(3);
});

test("it asks five times more and no further; the button begins anew", async () => {
  const asked = limited(7);
  renderConnected(<Thing />);
  for (let refusal = 1; refusal <= 6; refusal++) await waitOut(refusal);
  await screen.findByText("You can try again now.");
  await act(() => vi.advanceTimersByTimeAsync(60_000));
  expect(asked()).toBe(6);

  await userEvent.setup().click(screen.getByRole("button", { name: "Retry" }));
  await waitOut(7);
  await screen.findByText("the thing");
  expect(asked()).toBe(8);
});

test.each([
  [1, "1\u00a0s"],
  [99, "99\u00a0s"],
  [100, "1\u00a0min 40\u00a0s"],
  [360, "6\u00a0min"],
  [3599, "59\u00a0min 59\u00a0s"],
])("%d seconds are %s", (seconds, words) => {
  expect(waitWords(seconds)).toBe(words);
});
