package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// decodeCommand reads a command that is a JSON array. It decodes token by token, as the real service seems to: for
// invalid JSON, both return the error texts of Go's decoder.
func decodeCommand(body []byte) (command, error) {
	decoder := newDecoder(body)
	if err := openArray(decoder, errNoArray); err != nil {
		return nil, err
	}

	words, err := decodeWords(decoder)
	if err != nil {
		return nil, err
	}

	if len(words) == 0 {
		return nil, errEmptyCommand
	}

	return words, ended(decoder)
}

// decodeCommands reads the array of commands of a pipeline or a transaction. One unreadable command makes all of them
// fail.
func decodeCommands(body []byte) ([]command, error) {
	decoder := newDecoder(body)
	if err := openArray(decoder, errNoArray); err != nil {
		return nil, err
	}

	var commands []command
	for decoder.More() {
		if err := openArray(decoder, errPipelineRow); err != nil {
			return nil, err
		}

		words, err := decodeWords(decoder)
		if err != nil {
			return nil, err
		}

		if len(words) == 0 {
			return nil, errEmptyCommand
		}
		commands = append(commands, words)
	}

	if _, err := next(decoder); err != nil {
		return nil, err
	}

	if len(commands) == 0 {
		return nil, errEmptyPipeline
	}

	return commands, ended(decoder)
}

// decodeWords reads the arguments up to the end of their array. Numbers retain the form in which they were sent.
func decodeWords(decoder *json.Decoder) (command, error) {
	var words command
	for {
		token, err := next(decoder)
		if err != nil {
			return nil, err
		}

		switch value := token.(type) {
		case string:
			words = append(words, value)
		case json.Number:
			words = append(words, value.String())
		case bool:
			words = append(words, strconv.FormatBool(value))
		case json.Delim:
			if value == ']' {
				return words, nil
			}

			return nil, unsupportedArgument(value)
		default:
			return nil, errNull
		}
	}
}

func newDecoder(body []byte) *json.Decoder {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return decoder
}

func openArray(decoder *json.Decoder, otherwise refusal) error {
	token, err := next(decoder)
	if err != nil {
		return err
	}

	if token != json.Delim('[') {
		return otherwise
	}

	return nil
}

func next(decoder *json.Decoder) (json.Token, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, refusal(err.Error())
	}

	return token, nil
}

func ended(decoder *json.Decoder) error {
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errTrailing
	}

	return nil
}
