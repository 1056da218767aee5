// Command openapi generates openapi.yaml, at the root of the repository, from the comments of the handlers. swag
// converts the comments to Swagger 2.0, kin-openapi converts that to OpenAPI 3.0.3, which every client generator
// supports, and this command adds what Swagger 2.0 cannot express. It validates the result, including the examples,
// before it writes the file.
//
// With -check it does not write the file, and fails if the file is outdated.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/swaggo/swag"
	"go.yaml.in/yaml/v3"
)

func main() {
	root := flag.String("root", "../..", "root of the repository")
	check := flag.Bool("check", false, "do not write the file; fail if it is outdated")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "openapi:", err)
		os.Exit(1)
	}
}

const notice = "# Generated from the handlers' comments by tools/openapi (make generate). DO NOT EDIT.\n"

func run(root string, check bool) error {
	document, err := generate(root)
	if err != nil {
		return err
	}
	asJSON, err := json.Marshal(document)
	if err != nil {
		return err
	}
	asYAML, err := toYAML(asJSON)
	if err != nil {
		return err
	}
	return put(filepath.Join(root, "openapi.yaml"), append([]byte(notice), asYAML...), check)
}

func generate(root string) (*openapi3.T, error) {
	parser := swag.New(swag.SetDebugger(log.New(io.Discard, "", 0)))
	parser.ParseInternal = true
	if err := parser.ParseAPIMultiSearchDir(
		[]string{filepath.Join(root, "api"), filepath.Join(root, problemPackage)}, "openapi.go", 100,
	); err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	raw, err := json.Marshal(parser.GetSwagger())
	if err != nil {
		return nil, err
	}
	var older openapi2.T
	if err := json.Unmarshal(raw, &older); err != nil {
		return nil, err
	}
	document, err := openapi2conv.ToV3(&older)
	if err != nil {
		return nil, fmt.Errorf("convert: %w", err)
	}
	problems, err := readProblems(root)
	if err != nil {
		return nil, err
	}
	if err := extend(document, problems); err != nil {
		return nil, err
	}
	return document, validate(document)
}

// validate parses the generated document, so that it checks exactly what is written.
func validate(document *openapi3.T) error {
	raw, err := json.Marshal(document)
	if err != nil {
		return err
	}
	loaded, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return fmt.Errorf("load the result: %w", err)
	}
	if err := loaded.Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		return fmt.Errorf("validate the result: %w", err)
	}
	return nil
}

func toYAML(asJSON []byte) ([]byte, error) {
	var node yaml.Node
	if err := yaml.Unmarshal(asJSON, &node); err != nil { // JSON is YAML; this preserves the order of the keys
		return nil, err
	}
	blockStyle(&node)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

func blockStyle(node *yaml.Node) {
	node.Style &^= yaml.FlowStyle
	if node.Kind == yaml.ScalarNode && node.Tag == "!!str" {
		node.Style &^= yaml.DoubleQuotedStyle
	}
	for _, child := range node.Content {
		blockStyle(child)
	}
}

func put(path string, content []byte, check bool) error {
	current, err := os.ReadFile(path)
	if err == nil && bytes.Equal(current, content) {
		return nil
	}
	if check {
		return fmt.Errorf("%s is outdated; run `make generate`", filepath.Base(path))
	}
	return os.WriteFile(path, content, 0o644)
}
