import { randomUUID } from "node:crypto";
import { cookies } from "next/headers";
import { memory, type User } from "./memory";

/** Stands for the product's own table. Passwords are left out of the example: a button logs in. */
export const users: User[] = [
  { id: "user_1001", name: "Ada Lovelace" },
  { id: "user_1002", name: "Grace Hopper" },
];

const name = "tidepool_login";
const lasts = 12 * 60 * 60;

/** The user who is logged in in this browser. It is the only source of a user's id in this program. */
export async function loggedIn(): Promise<User | undefined> {
  const login = memory.logins.get((await cookies()).get(name)?.value ?? "");
  return login !== undefined && Date.now() < login.until ? login.user : undefined;
}

/** The cookie is lax, not strict: the browser must send it when it comes back from Upstash Connect. */
export async function logIn(user: User): Promise<void> {
  await logOut();
  const value = randomUUID();
  memory.logins.set(value, { user, until: Date.now() + lasts * 1000 });
  const secure = process.env.PARTNER_URL?.startsWith("https:") ?? true;
  (await cookies()).set(name, value, { httpOnly: true, sameSite: "lax", path: "/", maxAge: lasts, secure });
}

export async function logOut(): Promise<void> {
  const jar = await cookies();
  memory.logins.delete(jar.get(name)?.value ?? "");
  jar.delete(name);
}

/** Whether a request comes from this product's own page. Next.js checks this for actions, not for route handlers. */
export function fromOwnPage(request: Request): boolean {
  return request.headers.get("Sec-Fetch-Site") === "same-origin";
}
