import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { beforeEach, expect, test, vi } from "vitest";
import { connection } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { server, url } from "@/test/server";
import { AccountMenu } from "./account-menu";

const user = userEvent.setup();
const onUseAnotherAccount = vi.fn();

beforeEach(() => {
  onUseAnotherAccount.mockClear();
  renderConnected(
    <>
      <a href="#before">Before</a>
      <AccountMenu onUseAnotherAccount={onUseAnotherAccount} />
      <a href="#after">After</a>
    </>,
  );
});

const button = () => screen.getByRole("button", { name: `Account ${connection.email}` });
const focused = () => document.activeElement?.textContent;
const isOpen = () => screen.queryByRole("menu") !== null;

async function open(key = "{Enter}") {
  button().focus();
  await user.keyboard(key);
}

test("the button has a popup menu that is closed at first", () => {
  expect(button().getAttribute("aria-haspopup")).toBe("menu");
  expect(button().getAttribute("aria-expanded")).toBe("false");
  expect(isOpen()).toBe(false);
});

test.each(["{Enter}", " ", "{ArrowDown}"])("%j opens the menu and focuses the first item", async (key) => {
  await open(key);
  expect(button().getAttribute("aria-expanded")).toBe("true");
  const menu = screen.getByRole("menu", { name: `Account ${connection.email}` });
  expect(button().getAttribute("aria-controls")).toBe(menu.id);
  expect(screen.getAllByRole("menuitem").map((item) => item.textContent)).toEqual([
    "Access and activity",
    "Use another account",
    "Sign out",
    "Sign out everywhere",
    "Disconnect…",
  ]);
  expect(focused()).toBe("Access and activity");
});

test("a click opens the menu, and another one closes it", async () => {
  await user.click(button());
  expect(focused()).toBe("Access and activity");
  await user.click(button());
  expect(isOpen()).toBe(false);
  expect(document.activeElement).toBe(button());
});

test("ArrowUp on the button opens the menu and focuses the last item", async () => {
  await open("{ArrowUp}");
  expect(focused()).toBe("Disconnect…");
});

test.each([
  ["{ArrowDown}", "Use another account"],
  ["{ArrowDown}{ArrowDown}{ArrowUp}", "Use another account"],
  ["{ArrowUp}", "Disconnect…"],
  ["{ArrowUp}{ArrowDown}", "Access and activity"],
  ["{End}", "Disconnect…"],
  ["{End}{Home}", "Access and activity"],
  ["d", "Disconnect…"],
  ["S", "Sign out"],
  ["ss", "Sign out everywhere"],
  ["sss", "Sign out"],
  ["us", "Use another account"],
  ["x", "Access and activity"],
])("%s moves the focus to %s", async (keys, label) => {
  await open();
  await user.keyboard(keys);
  expect(focused()).toBe(label);
});

test("after a pause, a letter starts a new search", async () => {
  await open();
  await user.keyboard("s");
  await new Promise((done) => setTimeout(done, 1_100));
  await user.keyboard("u");
  expect(focused()).toBe("Use another account");
});

test("Escape closes the menu and returns the focus to the button", async () => {
  await open();
  await user.keyboard("{Escape}");
  expect(isOpen()).toBe(false);
  expect(document.activeElement).toBe(button());
});

test.each([
  ["Tab", false, "After"],
  ["Shift+Tab", true, "Before"],
])("%s closes the menu and leaves it", async (_, shift, label) => {
  await open();
  await user.tab({ shift });
  expect(isOpen()).toBe(false);
  expect(focused()).toBe(label);
});

test("a press or the focus elsewhere closes the menu", async () => {
  await open();
  fireEvent.pointerDown(document.body);
  expect(isOpen()).toBe(false);

  await open();
  const link = screen.getByRole("link", { name: "After" });
  fireEvent.focusIn(link);
  expect(isOpen()).toBe(false);
});

test.each(["{Enter}", " "])("%j selects the focused item and closes the menu", async (key) => {
  await open();
  await user.keyboard(`{ArrowDown}${key}`);
  expect(onUseAnotherAccount).toHaveBeenCalledOnce();
  expect(isOpen()).toBe(false);
  expect(document.activeElement).toBe(button());
});

test("the open menu shows the whole address, and a press on it does not close the menu", async () => {
  await user.click(button());
  const address = screen.getByText(connection.email, { selector: "p" });
  fireEvent.pointerDown(address);
  expect(isOpen()).toBe(true);
});

test("the disconnect dialog opens with the focus on Cancel", async () => {
  server.use(http.get(url("/connection/grants"), () => HttpResponse.json({ grants: [] })));
  await open("{ArrowUp}");
  await user.keyboard("{Enter}");
  screen.getByRole("dialog", { name: `Disconnect ${connection.email}?` });
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Cancel" }));
});

test("letters typed before the menu was closed start no word of the next opening", async () => {
  await open();
  await user.keyboard("a{Escape}{Enter}d");
  expect(focused()).toBe("Disconnect…");
});
