/** How this installation looks. The build cannot know it, so the server writes it into the document (api/branding.go). */
export interface Brand {
  name: string;
  sandbox: boolean;
  /** Addresses of pictures; the dark one is empty if the logo has no variant for dark themes. */
  logo: string;
  darkLogo: string;
  /** The width of the logo at the height of the header, in pixels. */
  width: number;
  /** Whether the logo is so wide that it shows the name. */
  wide: boolean;
  /** Addresses of the partner's own pages, each may be empty. */
  product: string;
  support: string;
  privacy: string;
}

/** The brand of the document that was loaded. */
export function brand(): Brand {
  const written = document.querySelector('meta[name="brand"]')?.getAttribute("content");
  return written ? (JSON.parse(written) as Brand) : unwritten;
}

/** For a document that no server has written, as in `vite dev`. */
const unwritten: Brand = {
  name: "ACME",
  sandbox: false,
  logo: "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'/>",
  darkLogo: "",
  width: 28,
  wide: false,
  product: "",
  support: "",
  privacy: "",
};
