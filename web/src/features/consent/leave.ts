import { expectDeparture } from "@/shared/connect/departure";

/** Goes to the service's address, if that is one of the web: javascript: would run here. */
export function leaveTo(address: string): boolean {
  if (!/^https?:\/\//i.test(address)) return false;
  expectDeparture();
  window.location.assign(address);
  return true;
}
