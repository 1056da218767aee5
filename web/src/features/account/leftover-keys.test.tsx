import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import type { LeftoverKey } from "@/shared/api/types";
import { ConnectionProvider } from "@/shared/session/connection";
import { connection } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { DisconnectedPage } from "./disconnected-page";
import { LeftoverNotice } from "./leftover-notice";

const user = userEvent.setup();

function key(name: string, state: string): LeftoverKey {
  return { name, state, since: "2026-11-01T00:00:00Z", console_url: "https://console.example/account/api" };
}

const whileConnected = (...leftover_keys: LeftoverKey[]) =>
  renderConnected(
    <ConnectionProvider connection={{ ...connection, leftover_keys }}>
      <LeftoverNotice />
    </ConnectionProvider>,
  );

const unfold = () => user.click(screen.getByRole("button", { expanded: false }));

const afterDisconnect = (...keys: LeftoverKey[]) =>
  renderConnected(<DisconnectedPage keys={keys} endedGrants={0} />);

test("a key that was only checked is listed again when it is known to exist", async () => {
  const before = whileConnected(key("KEY_1", "uncertain"));
  await unfold();
  await user.click(screen.getByRole("button", { name: "I checked: KEY_1" }));
  expect(screen.queryByText("KEY_1")).toBeNull();
  before.unmount();

  // The server sent the name once more, Upstash made the key, and the account was disconnected.
  const after = afterDisconnect(key("KEY_1", "left_behind"));
  screen.getByText("KEY_1");
  expect(screen.queryByText("No key is left on your list.")).toBeNull();
  await user.click(screen.getByRole("button", { name: "I deleted it: KEY_1" }));
  screen.getByText("No key is left on your list.");
  after.unmount();

  afterDisconnect(key("KEY_1", "left_behind"));
  expect(screen.queryByText("KEY_1"), "what was deleted stays off the list").toBeNull();
});

test("a key that was only checked is off the list in this tab alone", async () => {
  const first = whileConnected(key("KEY_1", "uncertain"));
  await unfold();
  await user.click(screen.getByRole("button", { name: "I checked: KEY_1" }));
  first.unmount();

  const second = whileConnected(key("KEY_1", "uncertain"));
  expect(screen.queryByText("KEY_1")).toBeNull();
  second.unmount();

  sessionStorage.clear();
  whileConnected(key("KEY_1", "uncertain"));
  screen.getByText("KEY_1");
});

test("a notice that was hidden before a key was known to exist appears again", async () => {
  const first = whileConnected(key("KEY_1", "uncertain"));
  await user.click(screen.getByRole("button", { name: "Hide the notice about keys" }));
  expect(screen.queryByText("KEY_1")).toBeNull();
  first.unmount();

  whileConnected(key("KEY_1", "left_behind"));
  screen.getByText("KEY_1");
});

test("a name that an earlier release remembered without its state hides nothing", () => {
  localStorage.setItem("upstash-connect.deleted-keys", '["KEY_1"]');
  afterDisconnect(key("KEY_1", "left_behind"));
  screen.getByText("KEY_1");
});

test.each(["uncertain", "a state of a later release"])("a key that is %s is not called existing", (state) => {
  const disconnected = afterDisconnect(key("KEY_1", state));
  expect(document.body.textContent).not.toMatch(/This key stays valid|delete the key at Upstash/);
  screen.getByRole("heading", { level: 2, name: "One step left: check your keys at Upstash" });
  screen.getByText("We do not know whether this key exists at Upstash.");
  expect(screen.queryByRole("button", { name: /I deleted it/ })).toBeNull();
  disconnected.unmount();

  whileConnected(key("KEY_1", state), key("KEY_2", "left_behind"));
  expect(document.body.textContent).not.toContain("We no longer use");
  screen.getByText("2 keys may be left at Upstash");
});

test("keys that exist are called so", () => {
  const disconnected = afterDisconnect(key("KEY_1", "left_behind"));
  screen.getByRole("heading", { level: 2, name: "One step left: delete the key at Upstash" });
  expect(document.body.textContent).toContain("This key stays valid until you delete it.");
  disconnected.unmount();

  whileConnected(key("KEY_1", "left_behind"));
  screen.getByText("One key of an earlier connection can be deleted");
  expect(document.body.textContent).toContain("We no longer use this key");
});
