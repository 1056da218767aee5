import { getLocale } from "@/messages/runtime";

/** What a number counts. Upstash does not document the unit of latencies: they are plain numbers. */
export type Unit = "count" | "bytes" | "dollars" | "number";

const sizes = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

export function formatValue(value: number, unit: Unit): string {
  switch (unit) {
    case "bytes":
      return formatBytes(value);
    case "dollars":
      return new Intl.NumberFormat(getLocale(), {
        style: "currency",
        currency: "USD",
        maximumFractionDigits: 4,
      }).format(value);
    case "count":
      return new Intl.NumberFormat(getLocale(), { maximumFractionDigits: 2 }).format(value);
    case "number":
      return new Intl.NumberFormat(getLocale(), { maximumSignificantDigits: 4 }).format(value);
  }
}

/** Bytes in decimal units: 4,096 bytes are 4.1 kB. */
export function formatBytes(bytes: number): string {
  let [size, step] = [bytes, 0];
  // 999.95 would round to 1000.0
  while (Math.abs(size) >= 999.95 && step < sizes.length - 1) {
    size /= 1000;
    step++;
  }
  const digits = new Intl.NumberFormat(getLocale(), { maximumFractionDigits: step === 0 ? 0 : 1 });
  return `${digits.format(size)} ${sizes[step]}`;
}
