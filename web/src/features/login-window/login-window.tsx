import { CallbackPage } from "./callback-page";
import { ConnectPage } from "./connect-page";

/** The two pages of the log-in window. Everything that needs the log-in SDK is below here. */
export default function LoginWindow(props: { page: "connect" | "callback" }) {
  return props.page === "connect" ? <ConnectPage /> : <CallbackPage />;
}
