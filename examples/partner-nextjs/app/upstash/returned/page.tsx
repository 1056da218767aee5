import { ConnectReturn } from "../../../components/connect-return";
import { EmbedScript } from "../../../components/embed-script";

const texts: Record<string, [title: string, text: string]> = {
  done: ["Back at Tidepool", "You can close this window."],
  declined: ["Nothing was connected", "You declined. Nothing has changed."],
  failed: ["Nothing was connected", "It did not work. Start again."],
  nobody: ["Nobody is logged in here", "Upstash was not connected. Log in to Tidepool, and start again."],
  "not-yours": [
    "This was not for you",
    "Somebody else started this in Tidepool. Your Upstash account was not connected, and they got no access to it. " +
      "To connect it for yourself, start from your own page.",
  ],
};

/** Closes the window, unless the user has something to read. */
export default async function Returned({ searchParams }: { searchParams: Promise<{ outcome?: string }> }) {
  const { outcome = "" } = await searchParams;
  const [title, text] = texts[outcome] ?? ["Back at Tidepool", "You can close this window."];
  return (
    <main className="card">
      <h1>{title}</h1>
      <p>{text}</p>
      <p>
        <a href="/">Go to Tidepool</a>
      </p>
      {["nobody", "not-yours"].includes(outcome) ? null : (
        <>
          <ConnectReturn next="/" />
          <EmbedScript />
        </>
      )}
    </main>
  );
}
