import { expect, test } from "vitest";
import { confirmName } from "./confirm-name";

test("a name of ASCII is sent as it is", () => {
  expect(confirmName("orders-1")).toEqual({ "Confirm-Name": "orders-1" });
});

test.each(["käfig", "注文", "🦉"])("%s is sent as the bytes of its UTF-8", (name) => {
  const sent = new Headers(confirmName(name)).get("Confirm-Name") ?? "";
  const bytes = Uint8Array.from(sent, (byte) => byte.charCodeAt(0));
  expect(new TextDecoder().decode(bytes)).toBe(name);
});
