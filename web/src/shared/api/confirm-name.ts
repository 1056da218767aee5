/**
 * The header with which the user confirms the name of what a call destroys. The server reads the name in UTF-8, and
 * fetch sends each character of a header as one byte (Fetch standard, "isomorphic encode").
 */
export function confirmName(name: string): { "Confirm-Name": string } {
  return { "Confirm-Name": String.fromCharCode(...new TextEncoder().encode(name)) };
}
