/** Every wait of the connect journey, in milliseconds. */
export const timing = {
  /** How often the page looks whether the login window still seems open. */
  windowPoll: 500,
  /** How often the session is read again once the window seems closed. */
  sessionPoll: 3_000,
  /** After this long without an outcome we say so. */
  attemptLimit: 10 * 60_000,
  /** How long "Your account is connected" stays before the window closes itself. */
  closeDelay: 1_000,
} as const;
