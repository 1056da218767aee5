/** Saves text as a file of the user's. The text is in no element of the page, and its address ends at once. */
export function downloadText(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to read by the next task; until then the address has to be valid.
  setTimeout(() => URL.revokeObjectURL(address));
}
