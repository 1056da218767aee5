/** Whether this page itself goes elsewhere: to a login in this tab, or back to a service. */
let expected = false;

/** Call it right before the page navigates. What unloads the page then is no departure of its user. */
export function expectDeparture(): void {
  expected = true;
}

export function isDepartureExpected(): boolean {
  return expected;
}

/** The page is open again, as when a browser goes back to it. */
export function pageIsBack(): void {
  expected = false;
}
