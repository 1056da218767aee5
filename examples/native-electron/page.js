const button = document.getElementById("connect");
const said = document.getElementById("said");
const list = document.getElementById("databases");

upstash.onEvent((name) => {
  if (name === "waiting") said.textContent = "Log in in your browser.";
});

button.addEventListener("click", async () => {
  button.disabled = true;
  said.textContent = "Opening your browser.";
  const { email, databases = [], failed } = await upstash.connect();
  said.textContent = failed ?? `Connected as ${email}.`;
  list.replaceChildren(...databases.map((name) => Object.assign(document.createElement("li"), { textContent: name })));
  button.disabled = false;
});
