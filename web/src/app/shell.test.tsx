import { render, screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { writeBrand } from "@/test/brand";
import { Shell } from "./shell";

const header = () => within(screen.getByRole("banner"));
const footerLinks = () =>
  within(screen.getByRole("contentinfo"))
    .queryAllByRole("link")
    .map((link) => `${link.textContent} ${link.getAttribute("href")} ${link.getAttribute("target")}`);

test("a small logo stands beside the name, and a wide one replaces it", () => {
  writeBrand({ name: "Shop" });
  const { unmount } = render(<Shell>content</Shell>);
  expect(header().getByRole("link", { name: "Shop" }).textContent).toBe("Shop");
  unmount();
  document.querySelector('meta[name="brand"]')?.remove();

  writeBrand({ name: "Shop", wide: true, width: 112, darkLogo: "/assets/brand-2.svg" });
  render(<Shell>content</Shell>);
  const link = header().getByRole("link", { name: "Shop" });
  expect(link.textContent).toBe("");
  expect(link.querySelector("source")?.getAttribute("srcset")).toBe("/assets/brand-2.svg");
});

test("below every page are the partner's links, and nothing of this product", () => {
  writeBrand({ name: "Shop", product: "https://shop.example", support: "mailto:help@shop.example" });
  render(<Shell>content</Shell>);
  expect(footerLinks()).toEqual(["Shop https://shop.example null", "Support mailto:help@shop.example null"]);
  expect(document.body.textContent).not.toMatch(/Upstash Connect|API reference|Sandbox/);
});

test("in the login window a link opens beside it, and no link leads into the page", () => {
  writeBrand({ sandbox: true, privacy: "https://shop.example/privacy" });
  render(<Shell window>content</Shell>);
  expect(footerLinks()).toEqual(["Privacy https://shop.example/privacy _blank"]);
  expect(header().queryByRole("link")).toBeNull();
});

test("in a sandbox, the page says what is real and leads developers to the API reference", () => {
  writeBrand({ sandbox: true });
  render(<Shell>content</Shell>);
  screen.getByText(/databases are real, on this machine. Accounts and keys are simulated/);
  expect(footerLinks()).toEqual(["API reference /api/v1/docs null"]);
});
