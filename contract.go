// Package bff embeds openapi.yaml, which is next to this file at the root of the repository. The handlers and their
// types are in the package api; cmd/bff starts them.
package bff

import _ "embed" // for openapi.yaml

// Contract is openapi.yaml, the OpenAPI 3.0 document of everything under /api/v1. tools/openapi generates it from the
// comments of the handlers. Do not modify the slice.
//
//go:embed openapi.yaml
var Contract []byte
