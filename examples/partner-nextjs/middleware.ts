import { type NextRequest, NextResponse } from "next/server";

/** A strict policy: scripts of this product and of Upstash Connect. Next.js gives its own scripts the nonce. */
export function middleware(request: NextRequest) {
  const nonce = crypto.randomUUID();
  const upstash = process.env.CONNECT_URL ?? "";
  const policy = [
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'",
    `frame-ancestors 'none'; script-src 'self' 'nonce-${nonce}' ${upstash}; connect-src 'self' ${upstash}`,
  ].join("; ");

  const headers = new Headers(request.headers);
  headers.set("Content-Security-Policy", policy);
  const response = NextResponse.next({ request: { headers } });
  response.headers.set("Content-Security-Policy", policy);
  response.headers.set("Referrer-Policy", "same-origin");
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Cache-Control", "no-store");
  return response;
}

export const config = { runtime: "nodejs", matcher: ["/((?!_next/|icon.svg).*)"] };
