// What a partner's product does for one of its users, with our API.

/** Connects the account with an e-mail, creates a database for it, and returns the database's credentials. */
export async function newDatabase(sandbox, email, name) {
  const { access_token: token } = await send("POST", `${sandbox.control}/tokens`, {}, { email });
  const headers = { Authorization: `Bearer ${token}` };
  await send("PUT", `${sandbox.app}/api/v1/connection`, headers);
  const database = await send("POST", `${sandbox.app}/api/v1/databases`, headers, { name, primary_region: "us-east-1" });
  return send("GET", `${sandbox.app}/api/v1/databases/${database.id}/credentials`, headers);
}

async function send(method, url, headers, content) {
  const body = content && JSON.stringify(content);
  const response = await fetch(url, { method, headers: { ...headers, "Content-Type": "application/json" }, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} returned ${response.status} ${text}`);
  return JSON.parse(text);
}
