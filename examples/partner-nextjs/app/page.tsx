import { ConnectButton } from "../components/connect-button";
import { EmbedScript } from "../components/embed-script";
import { Refresh } from "../components/refresh";
import { look } from "../lib/look";
import { loggedIn, users } from "../lib/login";
import { memory, type User } from "../lib/memory";
import { disconnect, leave, logInAs } from "./actions";

const states = {
  none: ["Not connected", "Your app stores its data in Redis, in your own Upstash account.", "Connect Upstash"],
  paused: ["Paused", "Upstash no longer accepts the key. Log in there again; nothing is lost.", "Reconnect Upstash"],
  revoked: ["Disconnected", "Tidepool has no access. Your databases are still yours.", "Connect Upstash again"],
  unreachable: ["Not reachable", "Upstash Connect does not respond. Reload in a moment.", ""],
  active: ["Connected", "Databases that Tidepool may use:", "Change database"],
} as const;

export default async function Page() {
  const user = await loggedIn();
  return user === undefined ? <LogIn /> : <Home user={user} />;
}

function LogIn() {
  return (
    <main className="card">
      <h1>Small apps, always on</h1>
      <p>Tidepool is an example: two users, and no passwords. Who are you?</p>
      <form action={logInAs} className="actions">
        {users.map(({ id, name }) => (
          <button key={id} type="submit" name="user" value={id}>
            Log in as {name}
          </button>
        ))}
      </form>
    </main>
  );
}

async function Home({ user }: { user: User }) {
  const { state, account, databases, chosen } = await look(user);
  const [label, text, button] = states[state];
  return (
    <>
      <header>
        <a className="brand" href="/">
          Tidepool
        </a>
        <form action={leave}>
          <span>{user.name}</span>
          <button type="submit" className="quiet">
            Log out
          </button>
        </form>
      </header>
      <main>
        <section className="card">
          <div className="title">
            <h1>Storage</h1>
            <span className={`state ${state}`}>{label}</span>
          </div>
          <p>
            {text} {account}
          </p>
          <ul>
            {databases.map(({ id, name, primary_region }) => (
              <li key={id}>
                <b>{name}</b>
                <span>{primary_region}</span>
                {id === chosen ? <span className="tag">used by your app</span> : null}
              </li>
            ))}
          </ul>
          <div className="actions">
            {state === "active" && chosen !== undefined ? (
              <a className="button" href="/upstash/env">
                Download .env
              </a>
            ) : null}
            {button === "" ? null : <ConnectButton>{button}</ConnectButton>}
            {state === "active" ? (
              <form action={disconnect}>
                <button type="submit" className="quiet">
                  Disconnect
                </button>
              </form>
            ) : null}
          </div>
        </section>
        <Events user={user} />
      </main>
      <EmbedScript />
      <Refresh />
    </>
  );
}

function Events({ user }: { user: User }) {
  const events = memory.events.filter(({ data }) => data.grant.external_id === user.id);
  return (
    <section className="card" aria-labelledby="news">
      <h2 id="news">What happened</h2>
      {events.length === 0 ? <p>Nothing yet. Events arrive here as webhooks.</p> : null}
      <ol className="events">
        {events.map(({ id, type, timestamp }) => (
          <li key={id}>
            <code>{type}</code>
            <time dateTime={timestamp}>{timestamp.slice(11, 19)} UTC</time>
          </li>
        ))}
      </ol>
    </section>
  );
}
