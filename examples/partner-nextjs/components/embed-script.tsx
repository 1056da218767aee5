import { headers } from "next/headers";

/** The script of the button. It needs no nonce: the policy allows its origin. */
export async function EmbedScript() {
  await headers(); // CONNECT_URL is a setting of the running server, not of the build
  return <script src={`${process.env.CONNECT_URL}/embed/v1.js`} async />;
}
