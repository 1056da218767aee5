package main

import (
	"encoding/json"
	"strings"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/operation"
	"github.com/upstash-connect/bff/internal/proxy"
)

// print prints the result of a call, by the operation's effect.
func (o *operationRun) print(result proxy.Result, offered offered) error {
	if o.json {
		return o.printJSON(result)
	}

	if o.called.Effect == operation.Destroy {
		return o.printDeleted(result.Replayed)
	}

	if o.called.List != "" {
		return o.printList(result.Elements, offered)
	}

	object, err := decodeObject(o.called.Response, result.Body)
	if err != nil {
		return err
	}

	switch {
	case o.called.Effect.Writes():
		return o.printWritten(object, result.Replayed, offered)
	case o.env:
		return o.printVariables(object)
	case hasSeries(o.called.Response):
		return o.printUsage(object)
	}

	return terminal.Fields(o.stdout, object.rows(""))
}

// printJSON prints the body of the API's response. That of a list is made of its elements.
func (o *operationRun) printJSON(result proxy.Result) error {
	switch {
	case o.called.List != "":
		bodies := make([]json.RawMessage, 0, len(result.Elements))
		for _, element := range result.Elements {
			bodies = append(bodies, element.Body)
		}

		return terminal.WriteJSON(o.stdout, map[string][]json.RawMessage{o.called.List: bodies})
	case result.Body == nil:
		return nil
	}

	return terminal.WriteJSON(o.stdout, json.RawMessage(result.Body))
}

// printDeleted prints the name that was confirmed. A repeat prints the ID instead: the name was not compared again.
func (o *operationRun) printDeleted(replayed bool) error {
	if replayed {
		return terminal.Print(o.stdout, "Already deleted with this --idempotency-key: "+o.call.ID+".")
	}

	return terminal.Print(o.stdout, "Deleted "+terminal.Sanitize(o.call.Confirmed)+".")
}

// printWritten prints what was created or changed.
func (o *operationRun) printWritten(object decodedObject, replayed bool, offered offered) error {
	done := "Changed"
	if o.called.Effect == operation.Create {
		done = "Created"
	}

	if replayed {
		done = "Already " + strings.ToLower(done) + " with this --idempotency-key:"
	}

	if err := terminal.Print(o.stdout, done+" "+terminal.Sanitize(object.name())+"."); err != nil {
		return err
	}

	if err := terminal.Fields(o.stdout, object.rows("  ")); err != nil {
		return err
	}

	reveal, found := revealOf(o.called.On)
	if !found || !offered.includes(reveal) ||
		o.called.Effect != operation.Create && !strings.Contains(o.called.Detail, reveal.Name) {
		return nil
	}

	return terminal.Print(o.stdout, "Credentials:\n\n  "+o.command(commandOf(reveal))+" "+
		shellWord(terminal.Sanitize(object.text(object.object.IDField))))
}

// rows returns the fields that are present: the name, then the others in the order of the catalogue.
func (d decodedObject) rows(indent string) [][]string {
	var rows [][]string

	for n := range d.object.Fields {
		field := &d.object.Fields[n]

		cell := d.cell(field)
		if cell == "" {
			continue
		}
		row := []string{indent + field.Key(), cell}

		if field.Name == d.object.NameField {
			rows = append([][]string{row}, rows...)
		} else {
			rows = append(rows, row)
		}
	}

	return rows
}

// mostColumns limits a table to what a person compares; get prints everything.
const mostColumns = 8

// printList prints a table of the first fields, the name first and the ID last. A column without any value is left out.
func (o *operationRun) printList(elements []proxy.Element, offered offered) error {
	if len(elements) == 0 {
		return terminal.Print(o.stdout, o.noneWords(offered))
	}
	var objects []decodedObject

	for _, element := range elements {
		object, err := decodeObject(o.called.Response, element.Body)
		if err != nil {
			return err
		}
		objects = append(objects, object)
	}
	columns := columnsOf(o.called.Response, objects)
	rows := [][]string{nil}

	for _, column := range columns {
		rows[0] = append(rows[0], strings.ToUpper(strings.ReplaceAll(column.Key(), "_", " ")))
	}

	for _, object := range objects {
		var row []string
		for _, column := range columns {
			row = append(row, orDash(object.cell(column)))
		}
		rows = append(rows, row)
	}

	return terminal.Table(o.stdout, rows)
}

func columnsOf(object *operation.Object, objects []decodedObject) []*operation.Out {
	var name, id, columns []*operation.Out

	for n := range object.Fields {
		field, present := &object.Fields[n], false
		for _, element := range objects {
			present = present || element.fields[field.Key()] != nil
		}

		switch {
		case !present:
		case field.Name == object.NameField:
			name = append(name, field)
		case field.Name == object.IDField:
			id = append(id, field)
		case len(columns) < mostColumns-2: // besides name and ID
			columns = append(columns, field)
		}
	}

	return append(append(name, columns...), id...)
}

// noneWords says that a list is empty, and how to create the first element.
func (o *operationRun) noneWords(offered offered) string {
	words := "No " + plural(o.called.On) + " yet."

	for _, called := range operation.All() {
		if called.On == o.called.On && called.Effect == operation.Create && offered.includes(called) {
			words += " Create one:\n\n  " + o.command(commandOf(called)) + " --help"
		}
	}

	return words
}
