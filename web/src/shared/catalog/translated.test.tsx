import { screen } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, expect, test } from "vitest";
import { getLocale, overwriteGetLocale } from "@/messages/runtime";
import type { Catalog } from "@/shared/api/types";
import { catalog } from "@/test/fixtures";
import { renderConnected } from "@/test/render";
import { server, url } from "@/test/server";
import { useCatalog } from "./catalog";
import { planLabel, regionLabel, regionTexts } from "./labels";
import { translated } from "./translated";

const inEnglish = getLocale;
afterEach(() => overwriteGetLocale(inEnglish));

const mars = { id: "mars-1", label: "Mars (Crater)", platform: "aws", read_replica: false };

test("regions and plans have names in the language of the page, and unknown ones keep the server's", () => {
  overwriteGetLocale(() => "de");
  const german = translated({
    ...catalog,
    regions: [...catalog.regions, mars],
    plans: [...catalog.plans, { id: "gold", label: "Gold" }],
  });
  expect(regionLabel(german, "eu-west-1")).toBe("Europa (Irland)");
  expect(planLabel(german, "free")).toBe("Kostenlos");
  expect(regionLabel(german, "mars-1")).toBe("Mars (Crater)");
  expect(planLabel(german, "gold")).toBe("Gold");
  expect(german.platforms).toEqual(catalog.platforms);
});

test("a search finds a region by its id, its name, and its English name", () => {
  overwriteGetLocale(() => "de");
  expect(regionTexts(translated(catalog), "eu-west-1")).toEqual([
    "eu-west-1",
    "Europa (Irland)",
    "Europe (Ireland)",
  ]);
  expect(regionTexts(catalog, "eu-west-1")).toEqual(["eu-west-1", "Europe (Ireland)", ""]);
  expect(regionTexts(undefined, "eu-west-1")).toEqual(["eu-west-1", "", ""]);
});

test.each([
  ["en", "Europe (Ireland)"],
  ["de", "Europa (Irland)"],
] as const)("the catalog of a page in %s has %s", async (language, name) => {
  overwriteGetLocale(() => language);
  function Names() {
    const found: Catalog | undefined = useCatalog().data;
    return <p>{found?.regions.map(({ label }) => label).join(" and ")}</p>;
  }
  server.use(http.get(url("/catalog"), () => HttpResponse.json(catalog)));
  renderConnected(<Names />);
  await screen.findByText(name, { exact: false });
});
