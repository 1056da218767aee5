import { expect, test } from "vitest";
import type { Region } from "@/shared/api/types";
import { recommendRegion } from "./recommend-region";
import { pointOf, regionPoints } from "./time-zones";

/** The regions that Upstash has, AWS first. */
const all: Region[] = Object.keys(regionPoints).map((id) => ({
  id,
  label: id,
  platform: /-\d$/.test(id) ? "aws" : "gcp",
  read_replica: true,
}));
const aws = all.filter(({ platform }) => platform === "aws");
const only = (...ids: string[]) => all.filter(({ id }) => ids.includes(id));

test.each([
  ["Europe/Berlin", "eu-central-1"],
  ["Europe/Kyiv", "eu-central-1"],
  ["Europe/London", "eu-west-2"],
  ["Europe/Dublin", "eu-west-1"],
  ["Europe/Madrid", "eu-west-2"],
  ["America/New_York", "us-east-1"],
  ["America/Chicago", "us-east-2"],
  ["America/Indiana/Indianapolis", "us-east-2"],
  ["America/Denver", "us-west-2"],
  ["America/Los_Angeles", "us-west-1"],
  ["America/Vancouver", "us-west-2"],
  ["America/Toronto", "ca-central-1"],
  ["America/Sao_Paulo", "sa-east-1"],
  ["America/Argentina/Cordoba", "sa-east-1"],
  ["America/Lima", "sa-east-1"],
  ["America/Bogota", "us-east-1"],
  ["Asia/Kolkata", "ap-south-1"],
  ["Asia/Calcutta", "ap-south-1"],
  ["Asia/Dubai", "ap-south-1"],
  ["Asia/Tokyo", "ap-northeast-1"],
  ["Asia/Shanghai", "ap-northeast-1"],
  ["Asia/Singapore", "ap-southeast-1"],
  ["Australia/Perth", "ap-southeast-2"],
  ["Pacific/Auckland", "ap-southeast-2"],
  ["Africa/Johannesburg", "af-south-1"],
  ["Africa/Lagos", "eu-central-1"],
])("in %s the region is %s", (timeZone, region) => {
  expect(recommendRegion(aws, timeZone)?.region.id).toBe(region);
});

test("only allowed regions are recommended", () => {
  expect(recommendRegion(only("us-east-1", "sa-east-1"), "Europe/Berlin")?.region.id).toBe("us-east-1");
});

test("of two regions in one place, the first is recommended", () => {
  expect(recommendRegion(all, "Asia/Tokyo")?.region.id).toBe("ap-northeast-1");
});

test("the time zone is named for people", () => {
  expect(recommendRegion(aws, "America/New_York")?.timeZone).toBe("America/New York");
});

test.each(["UTC", "Etc/GMT-3", "Antarctica/Troll", ""])("nothing is recommended in %j", (timeZone) => {
  expect(recommendRegion(all, timeZone)).toBeUndefined();
});

test("nothing is recommended without a choice, or among unknown regions", () => {
  expect(recommendRegion(only("us-east-1"), "Europe/Berlin")).toBeUndefined();
  const unknown = ["moon-1", "moon-2"].map((id) => ({ id, label: id, platform: "aws", read_replica: true }));
  expect(recommendRegion(unknown, "Europe/Berlin")).toBeUndefined();
});

test("every point is on the earth", () => {
  const points = [...Object.values(regionPoints), pointOf("America/Lima"), pointOf("Pacific/Auckland")];
  for (const [north, east] of points.filter((point) => point !== undefined)) {
    expect(Math.abs(north)).toBeLessThan(60);
    expect(Math.abs(east)).toBeLessThan(180);
  }
});
