import type { DetailedHTMLProps, HTMLAttributes } from "react";

type Known = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement>;

/** Teaches React's JSX the two elements of /embed/v1.js. */
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "upstash-connect": Known & { "session-endpoint"?: string };
      "upstash-connect-return": Known & { next: string };
    }
  }
}
