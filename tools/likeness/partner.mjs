// What a partner's product does for one of its users, over our own API.

/** Connects the account of an e-mail address, creates a database for it and returns the database's credentials. */
export async function newDatabase(sandbox, email, name) {
  const { access_token: token } = await ask("POST", `${sandbox.control}/tokens`, {}, { email });
  const ours = { Authorization: `Bearer ${token}` };
  await ask("PUT", `${sandbox.app}/api/v1/connection`, ours);
  const database = await ask("POST", `${sandbox.app}/api/v1/databases`, ours, { name, primary_region: "us-east-1" });
  return ask("GET", `${sandbox.app}/api/v1/databases/${database.id}/credentials`, ours);
}

async function ask(method, url, headers, content) {
  const body = content && JSON.stringify(content);
  const response = await fetch(url, { method, headers: { ...headers, "Content-Type": "application/json" }, body });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${method} ${url} answered ${response.status} ${answer}`);
  return JSON.parse(answer);
}
