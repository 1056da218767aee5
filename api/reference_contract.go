package api

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// contractDoc is the part of the OpenAPI document that the reference shows. The document is our own: it is valid, and
// its references lead only into its components.
type contractDoc struct {
	Info struct {
		Description, Version string
	}
	Tags       []struct{ Name, Description string }
	Paths      map[string]pathDoc
	Components struct {
		Schemas         map[string]*schemaDoc
		Headers         map[string]struct{ Description string }
		SecuritySchemes map[string]struct{ Description string } `yaml:"securitySchemes"`
	}
}

type pathDoc struct{ Get, Post, Put, Patch, Delete *operationDoc }

func (p pathDoc) operations() map[string]*operationDoc {
	all := map[string]*operationDoc{"GET": p.Get, "POST": p.Post, "PUT": p.Put, "PATCH": p.Patch, "DELETE": p.Delete}
	for method, operation := range all {
		if operation == nil {
			delete(all, method)
		}
	}

	return all
}

type operationDoc struct {
	OperationID string `yaml:"operationId"`
	Summary     string
	Description string
	Tags        []string
	Parameters  []parameterDoc
	RequestBody *bodyDoc `yaml:"requestBody"`
	Responses   map[string]bodyDoc
	Security    []map[string][]string
	Codes       []string `yaml:"x-problem-codes"`
}

type parameterDoc struct {
	Name, In, Description string
	Required              bool
	Example               any
	Schema                *schemaDoc
}

type bodyDoc struct {
	Description string
	Content     map[string]contentDoc
	Headers     map[string]struct {
		Ref string `yaml:"$ref"`
	}
}

type contentDoc struct {
	Schema   *schemaDoc
	Example  any
	Examples map[string]struct {
		Summary string
		Value   any
	}
}

type schemaDoc struct {
	Ref                  string `yaml:"$ref"`
	Type, Format         string
	Description          string
	Nullable, Deprecated bool
	Enum                 []any
	Extensible           []any `yaml:"x-extensible-enum"`
	Items                *schemaDoc
	AllOf                []*schemaDoc `yaml:"allOf"`
	Properties           map[string]*schemaDoc
	Required             []string
	AdditionalProperties any `yaml:"additionalProperties"` // false, or a schema
}

func parseContract(content []byte) (*contractDoc, error) {
	var parsed contractDoc
	if err := yaml.Unmarshal(content, &parsed); err != nil {
		return nil, fmt.Errorf("parse the OpenAPI document: %w", err)
	}

	return &parsed, nil
}

// named returns the name of the type to which a schema refers; empty if it describes itself.
func (s *schemaDoc) named() string {
	if s == nil {
		return ""
	}

	if len(s.AllOf) == 1 { // how OpenAPI 3.0 adds a description to a reference
		return s.AllOf[0].named()
	}

	return strings.TrimPrefix(s.Ref, "#/components/schemas/")
}
