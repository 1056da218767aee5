package assistant

import (
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
)

// tool is one operation as the assistant sees it.
type tool struct {
	called    *operation.Operation
	fields    []operation.Field // of the operation, or of its typed method
	described *mcp.Tool
}

// ToolName returns the tool's name. It has no dots, although the protocol allows them, because some assistants pass
// tools to models that accept only letters, digits, _ and -.
func ToolName(called *operation.Operation) string {
	return strings.NewReplacer(".", "_", "-", "_").Replace(called.Name)
}

func newTool(called *operation.Operation, catalog proxy.Catalog) *tool {
	t := &tool{called: called, fields: called.Fields}
	if called.Name == redisCreate {
		t.fields = createFields(catalog)
	}

	t.described = &mcp.Tool{
		Name: ToolName(called), Title: called.Summary, Description: t.description(), InputSchema: t.schema(),
		Annotations: annotations(called),
	}

	return t
}

// needs reports whether the path of the operation has this parameter.
func (t *tool) needs(parameter string) bool {
	return strings.Contains(t.called.Path, "{"+parameter+"}")
}

// repeatable reports whether a call with the same idempotency key takes effect once.
func (t *tool) repeatable() bool { return t.called.Effect.Writes() }

func (t *tool) guarded() bool { return t.called.Tier == operation.Guarded }

func (t *tool) description() string {
	sentences := []string{t.called.Summary + "."}
	if t.called.Detail != "" {
		sentences = append(sentences, t.called.Detail)
	}

	switch t.called.Effect {
	case operation.Reveal:
		sentences = append(sentences, "The result contains secrets; the audit log records the call.")
	case operation.Create:
		sentences = append(sentences, "It may cost money, depending on the account's plan.")
	case operation.Change, operation.Destroy:
		sentences = append(sentences, "Ask the user before each call.")
	case operation.Read:
	}

	return strings.Join(sentences, " ")
}

// annotations are hints for the assistant, which may ask its user more or less often.
func annotations(called *operation.Operation) *mcp.ToolAnnotations {
	reads := !called.Effect.Writes()
	// Each change of the guarded tier may lose data, money or access.
	destroys := called.Effect == operation.Destroy || called.Tier == operation.Guarded
	closed := false

	return &mcp.ToolAnnotations{
		Title: called.Summary, ReadOnlyHint: reads, DestructiveHint: &destroys, OpenWorldHint: &closed,
		// Without the same key, a repeated create makes another resource, and a repeated reset another password.
		IdempotentHint: reads || called.Effect == operation.Destroy,
	}
}
