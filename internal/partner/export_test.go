package partner

import "github.com/upstash-connect/bff/internal/problem"

// Narrowed exports Narrowing.apply for tests.
func Narrowed(n Narrowing, of Policy) (Policy, []problem.Field) { return n.apply(of) }
