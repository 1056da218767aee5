// Package bff carries the contract: openapi.yaml, which lies beside it at the root of the repository. The handlers and
// their wire types are in the package api, what starts them in cmd/bff.
package bff

import _ "embed" // for the contract

// Contract is openapi.yaml, the OpenAPI 3.0 document of everything under /api/v1. tools/openapi generates it from the
// comments of the handlers. Nobody may change its bytes.
//
//go:embed openapi.yaml
var Contract []byte
