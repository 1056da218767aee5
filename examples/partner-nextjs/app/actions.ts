"use server";

import { redirect } from "next/navigation";
import { loggedIn, logIn, logOut, users } from "../lib/login";
import { newestGrant, upstash } from "../lib/upstash";

export async function logInAs(form: FormData): Promise<void> {
  const user = users.find(({ id }) => id === form.get("user"));
  if (user !== undefined) await logIn(user);
  redirect("/");
}

export async function leave(): Promise<void> {
  await logOut();
  redirect("/");
}

/** Gives the access back. The databases remain in the user's account. */
export async function disconnect(): Promise<void> {
  const user = await loggedIn();
  const grant = user && (await newestGrant(user));
  if (grant !== undefined) await upstash().revokeGrant(grant.id);
  redirect("/");
}
