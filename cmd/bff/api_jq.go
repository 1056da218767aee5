package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/itchyny/gojq"

	"github.com/upstash-connect/bff/internal/problem"
)

// compileJQ returns a filter that can read nothing but its input: no environment, files or modules.
func compileJQ(expression string) (*gojq.Code, error) {
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, err
	}

	return gojq.Compile(query)
}

// filterJQ writes the results of a filter, one per line. Strings are written without quotes, as gh api does.
func filterJQ(ctx context.Context, code *gojq.Code, from io.Reader, to io.Writer) error {
	decoder := json.NewDecoder(from)
	decoder.UseNumber() // keeps integers that a float64 cannot hold
	var value any

	if err := decoder.Decode(&value); err != nil {
		return jqFailure(err, "the response is not JSON")
	}

	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return jqFailure(err, "the response is not one JSON value")
	}
	out := bufio.NewWriter(to)

	err := writeResults(code.RunWithContext(ctx, value), out)

	return errors.Join(err, out.Flush())
}

func writeResults(results gojq.Iter, out *bufio.Writer) error {
	for {
		result, more := results.Next()
		if !more {
			return nil
		}

		switch result := result.(type) {
		case error:
			halt, halted := errors.AsType[*gojq.HaltError](result)
			if halted && halt.Value() == nil {
				return nil
			}

			return jqFailure(result, result.Error())
		case string:
			_, _ = out.WriteString(result)
		default:
			text, err := gojq.Marshal(result)
			if err != nil {
				return jqFailure(err, err.Error())
			}
			_, _ = out.Write(text)
		}

		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
}

// jqFailure keeps a problem of the response, and a cancellation. Upstash has carried out the call in any case.
func jqFailure(err error, words string) error {
	if problem.Of(err) != nil || errors.Is(err, context.Canceled) {
		return err
	}

	return problem.New(problem.UpstreamError, "Upstash carried out the call, but --jq failed: "+words)
}
