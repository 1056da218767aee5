import type { Metadata } from "next";
import type { ReactNode } from "react";
import "../../partner/page/style.css";

export const metadata: Metadata = { title: "Tidepool" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
