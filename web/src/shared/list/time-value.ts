/** What a column of times is sorted by. Upstash may return null or what is no time. */
export function timeValue(rfc3339: string | null): number | null {
  const at = rfc3339 === null ? Number.NaN : Date.parse(rfc3339);
  return Number.isNaN(at) ? null : at;
}
