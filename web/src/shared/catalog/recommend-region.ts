import type { Region } from "@/shared/api/types";
import { type Point, pointOf, regionPoints } from "./time-zones";

export interface Recommendation {
  region: Region;
  /** As people read it: America/New York. */
  timeZone: string;
}

/**
 * The region nearest to the browser's time zone, or undefined if the zone is unknown or there is no choice. The time
 * zone needs no request: the page may call no other host, and an address would have to be sent to one.
 */
export function recommendRegion(
  regions: readonly Region[],
  timeZone: string = Intl.DateTimeFormat().resolvedOptions().timeZone,
): Recommendation | undefined {
  const here = pointOf(timeZone);
  if (here === undefined || regions.length < 2) return undefined;

  let nearest: Region | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const region of regions) {
    const point = regionPoints[region.id];
    if (point === undefined) continue;
    const distance = angleBetween(here, point);
    if (distance >= least) continue;
    nearest = region;
    least = distance;
  }
  return nearest === undefined ? undefined : { region: nearest, timeZone: timeZone.replaceAll("_", " ") };
}

/** The angle between two points as seen from the centre of the earth (spherical law of cosines). */
function angleBetween([north, east]: Point, [otherNorth, otherEast]: Point): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const [a, b] = [radians(north), radians(otherNorth)];
  return Math.acos(
    Math.min(1, Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(radians(east - otherEast))),
  );
}
