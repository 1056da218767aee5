package api

import (
	"bytes"
	"compress/gzip"
	"strconv"

	"github.com/labstack/echo/v4"
)

// document is public text that is the same for everyone, with its compressed forms.
//
// Only such documents, and the files of the page, are ever compressed: both are public. The length of a compressed
// answer tells about its content to those who only see it pass, so an answer that holds a secret beside something that
// a stranger can choose gives the secret away, byte by byte (BREACH). No answer of the API about an account is
// compressed, and none may be: a proxy in front should not do it either.
type document map[coding][]byte

// write answers with the form that the client takes. HEAD is answered alike, without the body.
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

// gzippedDocument compresses a document that the build does not: one that is made when the server runs. It costs some
// ten milliseconds for the contract, so it is for what is made once.
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
