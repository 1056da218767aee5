export * from "./client.ts";
export { type Problem, ProblemError } from "./problem.ts";
export type { components, paths } from "./schema.gen.ts";
