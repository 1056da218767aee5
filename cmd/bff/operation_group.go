package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/upstash-connect/bff/cmd/internal/terminal"
	"github.com/upstash-connect/bff/internal/operation"
)

// products returns a command for each product except Redis, whose command has more than the catalogue.
func (p program) products() []*cobra.Command {
	var commands []*cobra.Command

	for _, product := range operation.Products() {
		if product == operation.Redis {
			continue
		}
		command := terminal.Group(commandOfProduct(product), shortOfProduct(product))
		command.Long = `Works on the Upstash account that bff connect connected on this machine. Each command is an operation of the
catalogue, and works where BFF_ALLOW_OPERATIONS names that operation.`
		command.Example = "  BFF_ALLOW_OPERATIONS='" + string(product) + ".*' bff " + commandOfProduct(product) + " list"
		p.addOperations(command, product)
		commands = append(commands, command)
	}

	return commands
}

// commandOfProduct returns the name of a product's command.
func commandOfProduct(product operation.Product) string {
	if product == operation.Redis {
		return "databases"
	}

	return string(product)
}

func shortOfProduct(product operation.Product) string {
	if product == operation.QStash {
		return "Use QStash of the connected account"
	}

	return "List, create and change " + pluralOf(product) + " of the connected account"
}

// pluralOf returns what a product's own resources are called.
func pluralOf(product operation.Product) string {
	for _, called := range operation.All() {
		if called.On.Product == product && called.On.Of == nil {
			return plural(called.On)
		}
	}

	return string(product)
}

// plural returns the noun of several resources, such as Vector indexes.
func plural(of *operation.Resource) string {
	switch {
	case of.Object.NameField == "": // QStash has no plural
		return of.Noun
	case strings.HasSuffix(of.Noun, "x"):
		return of.Noun + "es"
	}

	return of.Noun + "s"
}

// addOperations adds the commands of a product's operations. The runner's own operations have commands of their own.
func (p program) addOperations(command *cobra.Command, product operation.Product) {
	offered := p.offered()

	for _, called := range operation.All() {
		if called.On.Product == product && called.Upstream.Method != "" {
			words := commandWords(called)
			parentOf(command, called, words[1:len(words)-1]).AddCommand(p.operation(called, offered))
		}
	}
}

// parentOf returns the command below which an operation belongs. It creates groups such as backup.
func parentOf(command *cobra.Command, called *operation.Operation, groups []string) *cobra.Command {
	for _, name := range groups {
		var below *cobra.Command

		for _, candidate := range command.Commands() {
			if candidate.Name() == name {
				below = candidate
			}
		}

		if below == nil {
			below = terminal.Group(name, "Work with the "+name+"s of a "+targetOf(called).Noun)
			command.AddCommand(below)
		}
		command = below
	}

	return command
}

// commandWords returns the command of an operation: redis.backup.list is databases backup list.
func commandWords(called *operation.Operation) []string {
	words := strings.Split(called.Name, ".")
	words[0] = commandOfProduct(called.On.Product)

	return words
}

// commandOf returns the command line of an operation, without flags and arguments.
func commandOf(called *operation.Operation) string { return strings.Join(commandWords(called), " ") }

// targetOf returns the kind of resource that {id} of an operation's path names.
func targetOf(called *operation.Operation) *operation.Resource {
	if called.On.Of != nil {
		return called.On.Of
	}

	return called.On
}

// partOf returns the kind of resource that belongs to another, such as a database's backups.
func partOf(of *operation.Resource) *operation.Resource {
	for _, called := range operation.All() {
		if called.On.Of == of {
			return called.On
		}
	}

	return nil
}
