import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { finish } from "./finish.ts";
import { recall, remember } from "./memory.ts";
import { waiting } from "./testing.ts";

const replace = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(window, "close").mockImplementation(() => {});
});

afterEach(() => vi.unstubAllGlobals());

function returnFor(query: string): void {
  replace.mockClear();
  vi.stubGlobal("location", {
    search: query,
    href: `https://app.example/upstash/return${query}`,
    origin: "https://app.example",
    replace,
  });
}

const target = () => replace.mock.calls.map(([address]) => String(address));

it("closes the window, and continues in it when the browser leaves it open", () => {
  returnFor("?connect_session=cs_1&code=ucc_1");
  finish({ next: "/settings" });
  expect(window.close).toHaveBeenCalled();
  expect(target()).toEqual([]);
  vi.advanceTimersByTime(400);
  expect(target()).toEqual(["https://app.example/settings"]);
});

it.each(["?connect_session=cs_1&code=ucc_1", ""])(
  "continues in the tab that has the session (%s)",
  (query) => {
    remember({ ...waiting, sameTab: true });
    returnFor(query);
    finish({ next: "/settings" });
    expect(window.close).not.toHaveBeenCalled();
    expect(target()).toEqual(["https://app.example/settings"]);
    expect(recall()).toMatchObject({ id: "cs_1", sameTab: false });
  },
);

it("does not take the return page of an earlier session for the end of this one", () => {
  remember({ ...waiting, sameTab: true });
  returnFor("?connect_session=cs_0&code=ucc_0");
  finish({ next: "/settings" });
  expect(recall()).toMatchObject({ id: "cs_1", sameTab: true });
  vi.advanceTimersByTime(400);
  expect(target()).toEqual(["https://app.example/settings"]);
});

it.each(["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])(
  "does not go to %s, which is not of this origin",
  (next) => {
    returnFor("?connect_session=cs_1");
    finish({ next });
    vi.advanceTimersByTime(400);
    expect(target()).toEqual([]);
  },
);
