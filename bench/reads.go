package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// reads are the lists that a server has served: all, and those that it read from upstream.
type reads struct{ all, upstream float64 }

// share is the fraction of the lists since before that were not read from upstream.
func (r reads) share(before reads) float64 {
	return 1 - (r.upstream-before.upstream)/max(r.all-before.all, 1)
}

func listReads(ctx context.Context, admin string) (reads, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+admin+"/metrics", nil)
	if err != nil {
		return reads{}, err
	}

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return reads{}, err
	}
	defer func() { _ = response.Body.Close() }()

	return parseReads(response.Body)
}

// parseReads finds the counter in the text form of metrics.
func parseReads(r io.Reader) (reads, error) {
	var found reads

	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") || !strings.Contains(line, "list_reads_total{") {
			continue
		}

		value, err := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64)
		if err != nil {
			return reads{}, err
		}
		found.all += value

		if strings.Contains(line, `from="upstream"`) {
			found.upstream += value
		}
	}

	return found, lines.Err()
}
