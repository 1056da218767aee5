/** What stands on the screen in place of a secret. */
export const mask = "••••••••••••";
