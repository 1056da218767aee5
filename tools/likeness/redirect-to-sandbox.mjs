// Preloaded into a program that has Upstash's URL built in: it sends the program's calls to the sandbox. The program
// itself is unmodified.
const real = globalThis.fetch;
const sandbox = process.env.LIKENESS_UPSTASH;
globalThis.fetch = (url, init) => real(String(url).replace("https://api.upstash.com", sandbox), init);
