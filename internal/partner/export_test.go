package partner

import "github.com/upstash-connect/bff/internal/problem"

// Narrowed is what a policy becomes.
func Narrowed(n Narrowing, of Policy) (Policy, []problem.Field) { return n.apply(of) }
