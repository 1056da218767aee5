package assistant

import (
	"context"
	"encoding/json"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
)

// answer is the result of a call.
type answer struct {
	body     any // what the API returns for the operation; nil: the resource is deleted
	replayed bool
}

// handler answers every call of a tool: with its result, or with a problem that the assistant can read. It returns no
// error, which the protocol reserves for calls of what is no tool.
func (s *Server) handler(serving context.Context, t *tool) mcp.ToolHandler {
	return func(ctx context.Context, request *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		ctx, cancel := context.WithCancel(keys.WithActor(ctx, keys.Actor{Kind: keys.ActorAssistant}))
		defer cancel()
		defer context.AfterFunc(serving, cancel)() // the protocol's library does not cancel calls when serving ends

		select {
		case s.slots <- struct{}{}:
			defer func() { <-s.slots }()
		case <-ctx.Done():
			return s.failed(ctx, t, arguments{}, ctx.Err()), nil
		}

		return s.answer(ctx, t, request.Params.Arguments), nil
	}
}

// answer records a call, makes it, and encodes its outcome.
func (s *Server) answer(ctx context.Context, t *tool, encoded []byte) *mcp.CallToolResult {
	given, err := t.arguments(encoded)

	// A call with invalid arguments is recorded, too. Nothing is sent before that.
	if recorded := s.options.Record(ctx, t.called.Name, given.id); recorded != nil {
		return s.failed(ctx, t, given, recorded)
	}

	if err != nil {
		return s.failed(ctx, t, given, err)
	}

	result, err := s.call(ctx, t, given)
	if err != nil {
		return s.failed(ctx, t, given, err)
	}

	return succeeded(t, given, result)
}

// call makes one call with decoded arguments.
func (s *Server) call(ctx context.Context, t *tool, given arguments) (answer, error) {
	if err := s.options.Databases.CheckOpen(t.called); err != nil {
		return answer{}, err
	}

	if t.repeatable() {
		if err := s.options.CheckKey(given.key); err != nil {
			return answer{}, err
		}
	}

	if method, ok := typed[t.called.Name]; ok {
		return method(ctx, s, given)
	}

	result, err := s.options.Databases.Run(ctx, proxy.Caller{Account: s.options.Account}, proxy.Call{
		Operation: t.called, ID: given.id, BackupID: given.backupID, Sent: given.sent, Key: given.key,
		Confirmed: given.confirmed,
	})
	if err != nil {
		return answer{}, err
	}

	switch {
	case t.called.List != "":
		elements := make([]json.RawMessage, 0, len(result.Elements))
		for _, element := range result.Elements {
			elements = append(elements, element.Body)
		}

		return answer{body: map[string]any{t.called.List: elements}}, nil
	case t.called.Effect == operation.Destroy:
		return answer{replayed: result.Replayed}, nil
	}

	return answer{body: json.RawMessage(result.Body), replayed: result.Replayed}, nil
}

// written is the result of a write.
type written struct {
	Result         any    `json:"result,omitempty"`  // the resource as it is afterwards
	Deleted        bool   `json:"deleted,omitempty"` // instead of Result
	IdempotencyKey string `json:"idempotency_key"`
	Replayed       bool   `json:"replayed"` // an earlier call with this key had this result; nothing was sent
}

func succeeded(t *tool, given arguments, result answer) *mcp.CallToolResult {
	if !t.called.Effect.Writes() {
		return encode(result.body, false)
	}

	return encode(written{
		Result: result.body, Deleted: result.body == nil, IdempotencyKey: given.key, Replayed: result.replayed,
	}, false)
}

// encode returns the value twice, as the protocol recommends: as structured content, and as text for assistants that
// read nothing else.
func encode(value any, isError bool) *mcp.CallToolResult {
	encoded, err := json.Marshal(value)
	if err != nil {
		encoded, isError = []byte(`{"code":"internal"}`), true
	}

	return &mcp.CallToolResult{
		Content:           []mcp.Content{&mcp.TextContent{Text: string(encoded)}},
		StructuredContent: json.RawMessage(encoded),
		IsError:           isError,
	}
}
