/** What the pages say, as the journeys look for it. */
export const texts = {
  issuer: { email: "Email", password: "Password", logIn: "Log in" },

  connect: {
    landing: /^Connect Upstash to/,
    button: "Connect Upstash",
    decline: "Decline",
  },

  databases: {
    heading: "Databases",
    first: "Create your first database",
    name: "Name",
    region: "Primary region",
    create: "Create database",
    reveal: "Reveal credentials",
    show: "Show Password",
  },

  account: {
    menu: (email: string) => `Account ${email}`,
    disconnect: "Disconnect…",
    dialog: (email: string) => `Disconnect ${email}?`,
    confirm: "Disconnect",
    disconnected: "Your account is disconnected",
  },

  partner: {
    button: "Connect Upstash",
    result: "Connected, database none",
  },
};
