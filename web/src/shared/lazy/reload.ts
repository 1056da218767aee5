/** Loads the page again, at the address where it is. */
export function reloadPage(): void {
  window.location.reload();
}
