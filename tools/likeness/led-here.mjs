// Loaded before a program that has Upstash's address built in: its calls go to the sandbox instead. The program itself is
// not touched.
const real = globalThis.fetch;
const sandbox = process.env.LIKENESS_UPSTASH;
globalThis.fetch = (url, init) => real(String(url).replace("https://api.upstash.com", sandbox), init);
