import { expect, test } from "vitest";
import { leaveTo } from "./leave";

// What is gone to cannot be watched in jsdom; what is refused must not be gone to at all.
test.each(["javascript:alert(1)", "data:text/html,x", "//evil.example", "/elsewhere", " https://x", ""])(
  "%j is no address of the web",
  (address) => {
    expect(leaveTo(address)).toBe(false);
  },
);
