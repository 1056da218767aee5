// The same without Electron: node cli.mjs --sandbox. Arguments go to `bff connect`; $BFF names the binary.
import { connect, listDatabases } from "./connect.mjs";

const binary = process.env.BFF ?? "bff";
const sandbox = process.argv.includes("--sandbox") ? ["--sandbox"] : [];
const giveUp = new AbortController();
process.once("SIGINT", () => giveUp.abort());

try {
  const account = await connect({
    binary,
    args: process.argv.slice(2),
    signal: giveUp.signal,
    onEvent: (event) => {
      if (event.event === "browser") console.log(`log in at ${event.url}`);
      if (event.event === "waiting") console.log("waiting for the browser");
    },
  });
  console.log(`connected as ${account.email}; the key ${account.key_name} is saved in the ${account.saved_in}`);
  const databases = await listDatabases({ binary, args: sandbox });
  console.log(`${databases.length} databases [${databases.map(({ name }) => name).join(" ")}]`);
} catch (error) {
  console.error(error.code ? `${error.message} (${error.code})` : error);
  process.exitCode = 1;
}
