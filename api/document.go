package api

import (
	"bytes"
	"compress/gzip"
	"strconv"

	"github.com/labstack/echo/v4"
)

// document is a public document, the same for every client, with its compressed forms.
//
// The server compresses only such documents and the page's files, because both are public. The length of a compressed
// response reveals something about its content to anyone who watches the network. If a response contains both a secret
// and a text that an attacker chooses, the attacker can recover the secret byte by byte (BREACH). Therefore no API
// response about an account may be compressed, by this server or by a proxy in front of it.
type document map[coding][]byte

// write responds with the best form that the client accepts. The response to HEAD is the same, without the body.
func (d document) write(c echo.Context, status int, contentType string) error {
	available := make([]coding, 0, len(codings))
	for _, each := range codings {
		if _, has := d[each.coding]; has {
			available = append(available, each.coding)
		}
	}
	chosen := acceptable(c.Request().Header.Values(echo.HeaderAcceptEncoding), available)

	header := c.Response().Header()
	header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)

	if chosen != identity {
		header.Set(echo.HeaderContentEncoding, string(chosen))
	}
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(d[chosen])))

	return c.Blob(status, contentType, d[chosen])
}

// gzippedDocument compresses a document that is created at run time. This takes about ten milliseconds for the OpenAPI
// document, so use it only for documents that are created once.
func gzippedDocument(content []byte) document {
	var compressed bytes.Buffer

	writer, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	if err != nil {
		return document{identity: content}
	}

	if _, err := writer.Write(content); err != nil || writer.Close() != nil {
		return document{identity: content}
	}

	return document{identity: content, gzipped: compressed.Bytes()}
}
