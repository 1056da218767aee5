import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { connectPath, type Mode, rememberAttempt } from "@/shared/connect/attempt";
import { createQueryClient } from "@/shared/session/query-client";
import { config } from "@/test/fixtures";
import { server, url } from "@/test/server";
import { goToLogin } from "./auth-client";
import { ConnectPage } from "./connect-page";

vi.mock("./auth-client", () => ({ goToLogin: vi.fn(async () => {}) }));

beforeEach(() => vi.mocked(goToLogin).mockClear());

function visit(mode: Mode) {
  window.history.replaceState(null, "", connectPath(rememberAttempt({}), mode));
  render(
    <QueryClientProvider client={createQueryClient()}>
      <ConnectPage />
    </QueryClientProvider>,
  );
}

test("leaves for the login", async () => {
  visit("window");
  await vi.waitFor(() => expect(goToLogin).toHaveBeenCalledOnce());
});

test.each<[Mode, string]>([
  ["window", "Close this window"],
  ["redirect", "Back"],
])("a strict third-party client, by %s: stays, says why, and leads back", async (mode, way) => {
  server.use(http.get(url("/config"), () => HttpResponse.json({ ...config, client_id: "tpc_123" })));
  visit(mode);
  await screen.findByRole("heading", { name: "This application cannot be connected to Upstash yet" });
  screen.getByText("tpc_123");
  screen.getByRole("button", { name: way });
  expect(goToLogin).not.toHaveBeenCalled();
});
