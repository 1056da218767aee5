// Runs the unmodified @upstash/ratelimit: its scripts set flags in their first lines.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Ratelimit } from "@upstash/ratelimit";
import { Redis } from "@upstash/redis";
import { newDatabase } from "./partner.mjs";
import { startSandbox } from "./sandbox.mjs";

let sandbox;
let redis;

before(async () => {
  sandbox = await startSandbox();
  const { rest_url: url, rest_token: token } = await newDatabase(sandbox, "limits@example.com", "limits");
  redis = new Redis({ url, token });
});

after(() => sandbox?.stop());

for (const [name, limiter] of Object.entries({
  "fixed window": Ratelimit.fixedWindow(2, "1 d"),
  "sliding window": Ratelimit.slidingWindow(2, "1 d"),
  "token bucket": Ratelimit.tokenBucket(2, "1 d", 2),
})) {
  test(`rate limit: ${name}`, async () => {
    const ratelimit = new Ratelimit({ redis, limiter, prefix: name, analytics: true, ephemeralCache: false });
    const outcomes = [];
    for (let i = 0; i < 3; i++) {
      const { success, remaining, pending } = await ratelimit.limit("someone");
      await pending; // its analytics
      outcomes.push([success, remaining]);
    }
    assert.deepEqual(outcomes, [[true, 1], [true, 0], [false, 0]]);
    assert.equal((await ratelimit.limit("another")).success, true);
    await ratelimit.resetUsedTokens("someone");
    assert.equal((await ratelimit.limit("someone")).success, true);
  });
}
