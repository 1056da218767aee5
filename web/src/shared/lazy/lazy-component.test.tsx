import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { HttpResponse, http } from "msw";
import { type ComponentType, StrictMode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { renderConnected } from "@/test/render";
import { server } from "@/test/server";
import { type LazyComponent, lazyComponent } from "./lazy-component";
import { reloadPage } from "./reload";

vi.mock("./reload", () => ({ reloadPage: vi.fn() }));

const user = userEvent.setup();
const label = "Loading the room";
const fault = "A part of it did not arrive. Check your network connection, then reload.";

/** The file that this page began with, as its document names it. */
function beginsWith(entry: string) {
  document.head.innerHTML = `<script type="module" src="${entry}"></script>`;
}

/** The file that the server's document begins with now. */
function serves(entry: string, status = 200) {
  const html = `<!doctype html><script type="module" crossorigin src="${entry}"></script>`;
  let asked = 0;
  server.use(
    http.get("http://localhost:8080/", () => {
      asked++;
      return new HttpResponse(html, { status, headers: { "Content-Type": "text/html" } });
    }),
  );
  return () => asked;
}

beforeEach(() => {
  vi.mocked(reloadPage).mockReset();
  beginsWith("/assets/index-1.js");
});

afterEach(() => {
  document.head.innerHTML = "";
});

interface Props {
  name: string;
}

const Room = ({ name }: Props) => <h1>The room of {name}</h1>;
const missing = () => Promise.reject(new TypeError("Failed to fetch dynamically imported module"));
const show = (Shown: LazyComponent<Props>) => renderConnected(<Shown name="Ada" />);
const shown = () => screen.findByRole("heading", { name: "The room of Ada" });

test("a part is loaded when it is shown, once, and says so when that takes long", async () => {
  let arrive: (component: ComponentType<Props>) => void = () => {};
  const load = vi.fn(
    () =>
      new Promise<ComponentType<Props>>((done) => {
        arrive = done;
      }),
  );
  const Shown = lazyComponent(load, { label });
  expect(load).not.toHaveBeenCalled();
  render(
    <StrictMode>
      <Shown name="Ada" />
      <Shown name="Bob" />
    </StrictMode>,
  );
  expect(document.body.textContent).toBe("");
  expect(await screen.findAllByText(label)).toHaveLength(2);
  arrive(Room);
  await shown();
  await screen.findByRole("heading", { name: "The room of Bob" });
  expect(load).toHaveBeenCalledTimes(1);
});

test("what was loaded before is there at once", async () => {
  const load = vi.fn(async () => Room);
  const Shown = lazyComponent(load, { label });
  Shown.preload();
  await load.mock.results[0]?.value;
  show(Shown);
  screen.getByRole("heading", { name: "The room of Ada" });
  expect(load).toHaveBeenCalledTimes(1);
});

test("a preload that fails says nothing, reloads nothing, and is tried again when the part is shown", async () => {
  const asked = serves("/assets/index-2.js");
  const load = vi.fn<() => Promise<ComponentType<Props>>>().mockImplementationOnce(missing);
  load.mockImplementation(async () => Room);
  const Shown = lazyComponent(load, { label });
  Shown.preload();
  await new Promise((done) => setTimeout(done, 20));
  show(Shown);
  await shown();
  expect(reloadPage).not.toHaveBeenCalled();
  expect(asked()).toBe(0);
});

test("where a newer release is served, the page is loaded again, and no fault is shown before it goes", async () => {
  serves("/assets/index-2.js");
  show(lazyComponent<Props>(missing, { label }));
  await vi.waitFor(() => expect(reloadPage).toHaveBeenCalledTimes(1));
  await new Promise((done) => setTimeout(done, 50));
  expect(screen.queryByText(fault)).toBeNull();
});

test("a page is sent away once from each release: two servers that differ cannot keep it going", async () => {
  const visit = async (ours: string, theirs: string) => {
    beginsWith(ours);
    serves(theirs);
    const view = show(lazyComponent<Props>(missing, { label }));
    await vi.waitFor(() => {
      if (vi.mocked(reloadPage).mock.calls.length === 0) screen.getByText(fault);
    });
    const went = vi.mocked(reloadPage).mock.calls.length;
    vi.mocked(reloadPage).mockClear();
    view.unmount();
    return went;
  };
  expect(await visit("/assets/index-1.js", "/assets/index-2.js")).toBe(1);
  expect(await visit("/assets/index-2.js", "/assets/index-1.js")).toBe(1);
  expect(await visit("/assets/index-1.js", "/assets/index-2.js")).toBe(0);
  expect(await visit("/assets/index-2.js", "/assets/index-1.js")).toBe(0);
  expect(await visit("/assets/index-3.js", "/assets/index-4.js")).toBe(1);
});

test.each([
  ["the same release is served", () => serves("/assets/index-1.js")],
  [
    "the server is out of reach",
    () => server.use(http.get("http://localhost:8080/", () => HttpResponse.error())),
  ],
  ["the server fails", () => serves("/assets/index-2.js", 502)],
  [
    "something else answers",
    () => server.use(http.get("http://localhost:8080/", () => HttpResponse.html("<h1>Log in to the Wi-Fi"))),
  ],
  [
    "the tab remembers nothing",
    () => {
      serves("/assets/index-2.js");
      vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
        throw new DOMException("denied", "SecurityError");
      });
    },
  ],
])("offers a retry, and never reloads automatically, when %s", async (_, given) => {
  given();
  show(lazyComponent<Props>(missing, { label, frame: ({ children }) => <main>{children}</main> }));
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toBe(fault);
  screen.getByRole("heading", { level: 1, name: "This page could not be loaded" });
  expect(alert.closest("main")).not.toBeNull();
  expect(reloadPage).not.toHaveBeenCalled();
  await user.click(screen.getByRole("button", { name: "Reload" }));
  expect(reloadPage).toHaveBeenCalledTimes(1);
});
