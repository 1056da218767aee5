package api

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// reference is the OpenAPI document in the order in which people read it.
type reference struct {
	Description, Version, Address string
	Groups                        []referenceGroup
	Types                         []referenceType
}

type referenceGroup struct {
	ID, Title, Description string
	Operations             []referenceOperation
}

type referenceOperation struct {
	ID, Method, Path, Title string
	Description             paragraph
	Callers                 []string // who may call it, in words
	Parameters              []referenceField
	Body                    *referenceBody
	Examples                []referenceExample
	Answers                 []referenceAnswer
	Codes                   []string
}

type referenceBody struct {
	Description string
	Type        string // name of a type; empty: Fields has the fields
	Fields      []referenceField
}

type referenceAnswer struct {
	Status, Description string
	Type                referenceKind
	Headers             []referenceField
	Example             string
}

// referenceField is a parameter, a header, or a field of an object.
type referenceField struct {
	Name, Description    string
	Where                string // of a parameter: path, query or header
	Kind                 referenceKind
	Required, Deprecated bool
	Values               []string
}

// referenceKind is a type in words, such as "list of" and the name of a type.
type referenceKind struct{ Words, Type string }

type referenceType struct {
	Name, Description string
	Fields            []referenceField
	Values            []string
}

// groupTitles are the groups in the order of the page: what a partner needs first is first. Groups with another tag
// follow.
var groupTitles = []struct{ tag, title string }{
	{"databases", "Databases"},
	{"services", "Services"},
	{"connection", "Connection"},
	{"session", "Browser session"},
	{"vector", "Vector"},
	{"search", "Search"},
	{"qstash", "QStash"},
	{"config", "Configuration and documents"},
	{"transaction", "Consent page"},
}

// usedFirst are the operations that begin their group, in the order in which a caller needs them.
var usedFirst = []string{
	"getCatalog", "listDatabases", "createDatabase", "getDatabase", "getDatabaseCredentials",
	"openConnectSession", "getConnectSession", "completeConnectSession", "listGrants", "getGrant",
	"connect", "getConnection", "startSession", "getSession", "getConfig",
	"vectorList", "vectorCreate", "vectorGet", "vectorCredentials",
	"searchList", "searchCreate", "searchGet", "searchCredentials", "qstashList", "qstashGet", "qstashCredentials",
	"openInvitation", "getTransaction", "chooseAccount", "approveTransaction",
}

// newReference arranges a document. address is the complete URL of the API.
func newReference(doc *contractDoc, address string) *reference {
	r := &reference{Description: doc.Info.Description, Version: doc.Info.Version, Address: address}

	byTag := map[string][]referenceOperation{}
	for path, item := range doc.Paths {
		for method, operation := range item.operations() {
			tag := ""
			if len(operation.Tags) > 0 {
				tag = operation.Tags[0]
			}
			byTag[tag] = append(byTag[tag], doc.operation(address, method, path, operation))
		}
	}

	descriptions := map[string]string{}
	for _, tag := range doc.Tags {
		descriptions[tag.Name] = tag.Description
	}

	add := func(tag, title string) {
		operations := byTag[tag]
		delete(byTag, tag)
		slices.SortFunc(operations, inOrderOfUse)

		if len(operations) > 0 {
			r.Groups = append(r.Groups, referenceGroup{"group-" + tag, title, descriptions[tag], operations})
		}
	}

	for _, group := range groupTitles {
		add(group.tag, group.title)
	}

	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		add(tag, cmp.Or(tag, "Others"))
	}

	for _, name := range slices.Sorted(maps.Keys(doc.Components.Schemas)) {
		schema := doc.Components.Schemas[name]
		r.Types = append(r.Types, referenceType{name, schema.Description, fieldsOf(schema), enumOf(schema)})
	}

	return r
}

// inOrderOfUse compares by usedFirst, then by path. Operations that delete are last.
func inOrderOfUse(one, other referenceOperation) int {
	rank := func(operation referenceOperation) int {
		at := slices.Index(usedFirst, operation.ID)
		switch {
		case at >= 0:
			return at
		case operation.Method == "DELETE":
			return len(usedFirst) + 1
		default:
			return len(usedFirst)
		}
	}

	return cmp.Or(
		cmp.Compare(rank(one), rank(other)), strings.Compare(one.Path, other.Path),
		strings.Compare(one.Method, other.Method),
	)
}

func (d *contractDoc) operation(address, method, path string, doc *operationDoc) referenceOperation {
	operation := referenceOperation{
		ID: doc.OperationID, Method: method, Path: path, Title: doc.Summary, Description: withCodes(doc.Description),
		Callers: callersOf(doc.Security), Codes: doc.Codes, Examples: requestExamples(address, method, path, doc),
	}

	for _, parameter := range doc.Parameters {
		operation.Parameters = append(operation.Parameters, referenceField{
			Name: parameter.Name, Description: parameter.Description, Where: parameter.In,
			Kind: kindOf(parameter.Schema), Required: parameter.Required, Values: enumOf(parameter.Schema),
		})
	}
	slices.SortStableFunc(operation.Parameters, func(one, other referenceField) int {
		order := []string{"path", "query", "header"}
		return cmp.Compare(slices.Index(order, one.Where), slices.Index(order, other.Where))
	})

	if doc.RequestBody != nil {
		schema := firstContent(doc.RequestBody.Content).Schema
		operation.Body = &referenceBody{Description: doc.RequestBody.Description, Type: schema.named()}

		if operation.Body.Type == "" {
			operation.Body.Fields = fieldsOf(schema)
		}
	}

	for _, status := range slices.Sorted(maps.Keys(doc.Responses)) {
		if status == "default" { // problems, which the codes explain
			continue
		}
		operation.Answers = append(operation.Answers, d.answer(status, doc.Responses[status]))
	}

	return operation
}

func (d *contractDoc) answer(status string, doc bodyDoc) referenceAnswer {
	content := firstContent(doc.Content)
	answer := referenceAnswer{
		Status: status, Description: doc.Description, Type: kindOf(content.Schema), Example: exampleOf(content),
	}

	for _, name := range slices.Sorted(maps.Keys(doc.Headers)) {
		reference := strings.TrimPrefix(doc.Headers[name].Ref, "#/components/headers/")
		answer.Headers = append(answer.Headers, referenceField{
			Name: name, Description: d.Components.Headers[reference].Description,
		})
	}

	return answer
}

// callersOf says in words who may call.
func callersOf(security []map[string][]string) []string {
	words := map[string]string{
		"AccessToken": "access token", "ServiceToken": "service token", "SessionCookie": "browser session",
		"StatusToken": "status token", "TransactionCookie": "browser of the connect session",
	}

	var callers []string
	for _, alternative := range security {
		var all []string
		for _, name := range slices.Sorted(maps.Keys(alternative)) {
			all = append(all, cmp.Or(words[name], name))
		}

		callers = append(callers, strings.Join(all, " and "))
	}

	return callers
}

var codeWord = regexp.MustCompile(`[a-z]+(?:_[a-z]+)+`)

// withCodes links the problem codes that a text names.
func withCodes(text string) paragraph {
	var all paragraph
	rest := 0

	for _, at := range codeWord.FindAllStringIndex(text, -1) {
		word := text[at[0]:at[1]]
		if link := linkOf(word, true); link != "" {
			all = append(all, span{Text: text[rest:at[0]]}, span{Text: word, Code: true, Link: link})
			rest = at[1]
		}
	}

	return append(all, span{Text: text[rest:]})
}

// firstContent returns the content of a body. Each body of our document has one type, or none.
func firstContent(content map[string]contentDoc) contentDoc {
	for _, kind := range slices.Sorted(maps.Keys(content)) {
		return content[kind]
	}

	return contentDoc{}
}

// fieldsOf lists the fields of an object: required ones first, deprecated ones last.
func fieldsOf(schema *schemaDoc) []referenceField {
	if schema == nil {
		return nil
	}

	var fields []referenceField
	for name, field := range schema.Properties {
		fields = append(fields, referenceField{
			Name: name, Description: field.Description, Kind: kindOf(field),
			Required: slices.Contains(schema.Required, name), Deprecated: field.Deprecated, Values: enumOf(field),
		})
	}
	rank := func(field referenceField) int {
		switch {
		case field.Required:
			return 0
		case field.Deprecated:
			return 2
		default:
			return 1
		}
	}
	slices.SortFunc(fields, func(one, other referenceField) int {
		return cmp.Or(cmp.Compare(rank(one), rank(other)), strings.Compare(one.Name, other.Name))
	})

	return fields
}

// kindOf says in words of which type a schema is.
func kindOf(schema *schemaDoc) referenceKind {
	if schema == nil {
		return referenceKind{}
	}

	kind := referenceKind{Words: schema.Type, Type: schema.named()}

	switch {
	case kind.Type != "":
		kind.Words = ""
	case schema.Items != nil:
		kind = kindOf(schema.Items)
		kind.Words = strings.TrimSpace("list of " + kind.Words)
	case schema.Type == "string" && schema.Format != "":
		kind.Words = schema.Format
	}

	if schema.Nullable {
		kind.Words = strings.TrimSpace(kind.Words + " or null")
	}

	return kind
}

func enumOf(schema *schemaDoc) []string {
	if schema == nil {
		return nil
	}

	if schema.Items != nil {
		return enumOf(schema.Items)
	}

	var values []string
	for _, value := range slices.Concat(schema.Enum, schema.Extensible) {
		values = append(values, fmt.Sprint(value))
	}

	return values
}
