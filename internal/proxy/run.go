package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/upstash-connect/bff/internal/keys"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/problem"
	"github.com/upstash-connect/bff/internal/upstash"
)

// Call is one call of an operation of the catalogue.
type Call struct {
	Operation *operation.Operation
	ID        string           // {id} of its path
	BackupID  string           // {backup_id} of its path
	Sent      operation.Values // the fields that the caller sent, with the types of the operation's fields
	Key       string           // Idempotency-Key; empty: none
	Confirmed string           // the name that the caller typed, for a guarded operation
}

// Result is what the caller of an operation receives.
type Result struct {
	ID       string    // of a created resource
	Body     []byte    // the JSON object; nil for Destroy and for a list
	Elements []Element // of a list; never nil for one
	Replayed bool      // Body is the stored response of an earlier call with the same key
}

// Element is one resource of a list.
type Element struct {
	ID   string
	Body []byte // its JSON object
}

// Operations lists the operations that this installation offers, in the order of the catalogue.
func (s *Service) Operations() []*operation.Operation { return s.open }

// isOpen reports whether this installation offers the operation.
func (s *Service) isOpen(called *operation.Operation) bool { return slices.Contains(s.open, called) }

// CheckOpen returns ErrOperationDisabled for an operation that this installation does not offer, and
// ErrCredentialsDisabled for one that reveals secrets where none are revealed.
func (s *Service) CheckOpen(called *operation.Operation) error {
	switch {
	case !s.isOpen(called):
		return ErrOperationDisabled
	case called.Effect == operation.Reveal && !s.options.ExposeCredentials:
		return ErrCredentialsDisabled
	}

	return nil
}

// CheckFields lists every value that breaks a rule of its field, or of this installation's policy. A read region of a
// database must be one of the catalog, so that the caller does not learn it from Upstash's rejection.
func (s *Service) CheckFields(called *operation.Operation, sent operation.Values) []problem.Field {
	fields := called.Check(called.Complete(sent), operation.Policy{
		Regions: bounded(s.options.Policy.Regions), Plans: bounded(s.options.Policy.Plans),
		MaxBudget: s.options.Policy.MaxBudget,
	})

	if len(fields) > 0 {
		return fields
	}

	regions, _ := sent["read_regions"].([]string)

	for n, id := range regions {
		if region, _ := s.full.region(id); !region.ReadReplica { // false for an unknown one
			at := "/read_regions/" + strconv.Itoa(n)
			fields = append(fields, problem.NewField(at, problem.FieldValue, "is not a read region").Listed())
		}
	}

	return fields
}

// Run calls an operation of the catalogue, except the four for databases that have methods of their own. Its effect
// decides how: see package operation. Nothing is sent to Upstash before the operation is open, the ids are usable and
// the fields are valid. Errors: ErrOperationDisabled, ErrCredentialsDisabled, *ValidationError, ErrConfirmation,
// ErrDatabaseNotFound or ErrResourceNotFound, those of CreateFor, and those of keys and upstash.
func (s *Service) Run(ctx context.Context, caller Caller, call Call) (result Result, err error) {
	defer func() { s.options.ObserveOperation(call.Operation.Name, operationOutcome(result, err)) }()

	called := call.Operation
	if err := s.CheckOpen(called); err != nil {
		return Result{}, err
	}

	if called.Upstream.Method == "" {
		return Result{}, fmt.Errorf("proxy: %s has a method of its own", called.Name)
	}

	if !usableIDs(called, call) {
		return Result{}, NotFound(called)
	}

	if fields := s.CheckFields(called, call.Sent); len(fields) > 0 {
		return Result{}, &ValidationError{Fields: fields}
	}
	call.Sent = called.Complete(call.Sent)

	switch called.Effect {
	case operation.Read:
		return s.read(ctx, caller.Account, call)
	case operation.Reveal:
		return s.reveal(ctx, caller.Account, call)
	case operation.Create, operation.Change, operation.Destroy:
	}

	return s.runWrite(ctx, caller, call)
}

// usableIDs checks the ids that the operation's path needs: no other id is put into a path.
func usableIDs(called *operation.Operation, call Call) bool {
	needed := func(parameter, id string) bool {
		return !strings.Contains(called.Path, parameter) || upstash.UsableID(id)
	}

	return needed("{id}", call.ID) && needed("{backup_id}", call.BackupID)
}

// read makes a read with a recently read key.
func (s *Service) read(ctx context.Context, account keys.Account, call Call) (Result, error) {
	return withRecentCredential(ctx, s, account, func(credential keys.Credential) (Result, error) {
		if call.Operation.List != "" {
			return s.readElements(ctx, credential, call)
		}
		response := call.Operation.Response

		values, err := s.object(ctx, credential, call.request(), response, call.ID)
		if err != nil {
			return Result{}, forOperation(call.Operation, err)
		}

		body, err := response.Encode(values, false)

		return Result{Body: body}, err
	})
}

func (s *Service) readElements(ctx context.Context, credential keys.Credential, call Call) (Result, error) {
	response := call.Operation.Response

	found, unreadable, err := s.objects(ctx, credential, call.request(), response, call.ID)
	if err != nil {
		return Result{}, forOperation(call.Operation, err)
	}

	if unreadable > 0 && len(found) == 0 {
		return Result{}, upstash.ErrUnexpectedResponse // an empty list would mean that the account has none
	}

	if unreadable > 0 {
		s.options.Logger.WarnContext(
			ctx, "upstream's list has unreadable elements; they are omitted", "operation", call.Operation.Name,
			"count", unreadable,
		)
	}
	result := Result{Elements: make([]Element, 0, len(found))}

	for _, values := range found {
		body, err := response.Encode(values, false)
		if err != nil {
			return Result{}, err
		}
		result.Elements = append(result.Elements, Element{ID: values.ID(response), Body: body})
	}

	return result, nil
}

// reveal returns secrets, after the audit log has recorded it.
func (s *Service) reveal(ctx context.Context, account keys.Account, call Call) (Result, error) {
	credential, err := s.options.Credentials.Credential(ctx, account)
	if err != nil {
		return Result{}, err
	}
	response := call.Operation.Response

	values, err := s.object(ctx, credential, call.request(), response, call.ID)
	if err != nil {
		return Result{}, forOperation(call.Operation, err)
	}

	body, err := response.Encode(values, true)
	if err != nil {
		return Result{}, err
	}

	// Recorded first: without an audit event, no credentials are revealed.
	detail := call.Operation.Name + " " + values.ID(response)
	if err := s.record(ctx, credential.ConnectionID, keys.ActionCredentialsRevealed, detail); err != nil {
		return Result{}, err
	}

	return Result{Body: body}, nil
}

// object makes a call whose response is one object.
func (s *Service) object(
	ctx context.Context, credential keys.Credential, request upstash.Request, object *operation.Object, id string,
) (operation.Values, error) {
	return callWith(ctx, s, credential, func(auth upstash.Credential) (operation.Values, error) {
		return s.options.Upstream.Object(ctx, auth, request, object, id)
	})
}

// objects makes a call whose response is an array. parent is the resource that owns the elements; empty: none.
func (s *Service) objects(
	ctx context.Context, credential keys.Credential, request upstash.Request, object *operation.Object, parent string,
) ([]operation.Values, int, error) {
	unreadable := 0

	elements, err := callWith(ctx, s, credential, func(auth upstash.Credential) (found []operation.Values, err error) {
		found, unreadable, err = s.options.Upstream.Objects(ctx, auth, request, object, parent != "")
		return found, err
	})

	return elements, unreadable, err
}

// request is the operation's call at the Developer API.
func (c Call) request() upstash.Request {
	called := c.Operation.Upstream
	request := upstash.Request{
		Effect: c.Operation.Effect, Method: called.Method, Path: expand(called.Path, c.ID, c.BackupID),
		Redundant: called.Redundant,
	}

	if on, isBoolean := c.Sent[called.Switch].(bool); isBoolean && !on {
		request.Path = expand(called.Off, c.ID, c.BackupID)
	}

	if !c.Operation.Effect.Writes() {
		request.Query = query(c.Sent)
		return request
	}

	body := map[string]any{}
	for name, value := range c.Sent {
		if name != called.Switch {
			body[name] = value
		}
	}

	if called.BackupID != "" {
		body[called.BackupID] = c.BackupID
	}

	if len(body) > 0 {
		request.Body = body
	}

	return request
}

// readRequest is a read of the operation's resource at the Developer API.
func readRequest(read operation.Upstream, id string) upstash.Request {
	return upstash.Request{Effect: operation.Read, Method: read.Method, Path: expand(read.Path, id, "")}
}

// expand fills in a path. The ids contain nothing that a path treats specially: see upstash.UsableID.
func expand(path, id, backupID string) string {
	return strings.NewReplacer("{id}", id, "{backup_id}", backupID).Replace(path)
}

// query encodes the fields of a read, which are texts.
func query(sent operation.Values) string {
	values := url.Values{}
	for name := range sent {
		values.Set(name, sent.Text(name))
	}

	return values.Encode()
}

// NotFound is the error for a resource that the account does not have: ErrDatabaseNotFound or ErrResourceNotFound.
func NotFound(called *operation.Operation) error {
	if called.On.Product == operation.Redis && called.On.Of == nil && !strings.Contains(called.Path, "{backup_id}") {
		return ErrDatabaseNotFound
	}

	return ErrResourceNotFound
}

// forOperation maps the error of a call to what it means for this operation.
func forOperation(called *operation.Operation, err error) error {
	if errors.Is(err, ErrDatabaseNotFound) {
		return NotFound(called)
	}

	return err
}

// isNotFound reports whether the resource of a call does not exist.
func isNotFound(err error) bool {
	return errors.Is(err, ErrDatabaseNotFound) || errors.Is(err, ErrResourceNotFound)
}

// operationOutcome is the metric label of a call: ok, replayed, or the label of its problem.
func operationOutcome(result Result, err error) string {
	switch {
	case err != nil:
		return problem.LabelOf(err)
	case result.Replayed:
		return string(CreateReplayed)
	}

	return "ok"
}
