export * from "./client.ts";
export { type KnownCode, type Problem, type ProblemCode, ProblemError, ResponseError } from "./problem.ts";
export { maxRetryAfter } from "./retry.ts";
export type { components, paths } from "./schema.gen.ts";
