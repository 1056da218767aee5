import type { Brand } from "@/shared/brand";

/** Writes a brand into the document, as the server does. Setup removes it after each test. */
export function writeBrand(given: Partial<Brand>): void {
  const meta = document.createElement("meta");
  meta.name = "brand";
  meta.content = JSON.stringify({ ...neutral, ...given });
  document.head.append(meta);
}

const neutral: Brand = {
  name: "ACME",
  sandbox: false,
  logo: "/assets/brand-1.svg",
  darkLogo: "",
  width: 28,
  wide: false,
  product: "",
  support: "",
  privacy: "",
};
