// Package assistant offers the open operations of the catalogue as tools for an assistant, over the Model Context
// Protocol (https://modelcontextprotocol.io/specification). It decides which operations are tools, decodes and checks
// arguments, and encodes results and errors. The operations themselves belong to package proxy.
package assistant

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/proxy"
)

// Options configure a Server. All are required except Allow, Reveal and Logger.
type Options struct {
	Databases *proxy.Service
	Account   keys.Account
	// Record records a call in the audit log before it is made. Without a record, nothing is sent.
	Record func(ctx context.Context, operation, id string) error
	Encode Encoders
	// CheckKey rejects an idempotency key with characters that no caller may use.
	CheckKey func(key string) error

	Allow  []string // "create", and names of operations that change or destroy something
	Reveal bool     // offer the operations that reveal credentials

	Connect string       // the command line that connects an account
	Version string       // of this program
	Logger  *slog.Logger // default: discards
}

// Encoders encode databases as the API does. They are here because this package must not import the API.
type Encoders struct {
	Databases   func([]proxy.Database) any
	Database    func(proxy.Database) any
	Credentials func(proxy.Credentials) any
}

// Server offers tools to one assistant.
type Server struct {
	options Options
	tools   []*tool
	mcp     *mcp.Server
	slots   chan struct{} // one for each call in progress
}

// maxCalls bounds the calls in progress. An assistant that sends more waits.
const maxCalls = 8

// New decides which operations are tools. The error is an *AllowError if Options.Allow names what cannot be allowed.
func New(options Options) (*Server, error) {
	if options.Databases == nil || options.Record == nil || options.CheckKey == nil ||
		options.Encode.Databases == nil || options.Encode.Database == nil || options.Encode.Credentials == nil {
		return nil, errors.New("assistant: a required option is missing")
	}

	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	open := options.Databases.Operations()

	permitted, err := parseAllow(options.Allow, options.Reveal, open)
	if err != nil {
		return nil, err
	}

	offered, withheld := permitted.split(open)
	s := &Server{options: options, slots: make(chan struct{}, maxCalls)}

	for _, operation := range offered {
		s.tools = append(s.tools, newTool(operation, options.Databases.Catalog()))
	}

	s.mcp = mcp.NewServer(
		&mcp.Implementation{Name: "upstash-connect", Title: "Upstash", Version: options.Version},
		&mcp.ServerOptions{
			Instructions: permitted.instructions(withheld),
			Capabilities: &mcp.ServerCapabilities{Tools: &mcp.ToolCapabilities{}}, // the list never changes
		},
	)

	return s, nil
}

// maxLine bounds one message of the assistant, in bytes. The largest valid call is far smaller.
const maxLine = 1 << 20

// ErrProtocol means that the other side does not speak the protocol.
var ErrProtocol = problem.Sentinel(problem.InvalidRequest, "not a message of the protocol",
	"Standard input had something that is not a message of the Model Context Protocol.")

// Serve answers the messages in until they end, or ctx ends. Calls in progress finish first. It returns nil in both
// cases, and ErrProtocol if a message is malformed.
func (s *Server) Serve(ctx context.Context, in io.Reader, out io.Writer) error {
	for _, offered := range s.tools {
		s.mcp.AddTool(offered.described, s.handler(ctx, offered))
	}

	err := s.mcp.Run(ctx, &mcp.IOTransport{Reader: io.NopCloser(in), Writer: nopCloser{out}, MaxLineLength: maxLine})
	if err == nil || ctx.Err() != nil {
		return nil //nolint:nilerr // the user ended it
	}
	s.options.Logger.ErrorContext(ctx, "the connection to the assistant ended", "error", err)

	return ErrProtocol
}

// nopCloser leaves standard output open.
type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
