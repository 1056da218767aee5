import { CallbackPage } from "./callback-page";
import { ConnectPage } from "./connect-page";

/** The two pages of the login window. Everything that needs the login SDK is below here. */
export default function LoginWindow(props: { page: "connect" | "callback" }) {
  return props.page === "connect" ? <ConnectPage /> : <CallbackPage />;
}
