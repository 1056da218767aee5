package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
	"go.yaml.in/yaml/v3"
)

// The head of the OpenAPI document. The generator in tools/openapi reads it together with the comments of the
// handlers.
//
//	@title			Upstash Connect
//	@version		1.2.0
//	@description	Connects a user's Upstash account, and creates and lists databases in it. Errors are RFC 9457 problem documents with a stable code. 401 always means that this server rejected your own token or session.
//	@BasePath		/api/v1
//	@accept			json
//	@produce		json
//
//	@tag.name			session
//	@tag.description	The login of a browser
//	@tag.name			connection
//	@tag.description	The connection of an Upstash account
//	@tag.name			databases
//	@tag.description	The part of Upstash's Developer API that this server offers
//	@tag.name			services
//	@tag.description	Connect sessions and grants, for a partner's backend
//	@tag.name			transaction
//	@tag.description	The browser's side of a connect session, for this server's own page
//	@tag.name			config
//	@tag.description	Configuration for clients, and this document
//
//	@securityDefinitions.apikey	AccessToken
//	@in							header
//	@name						Authorization
//	@description				An access token that the issuer created for the audience, as Authorization: Bearer
//
//	@securityDefinitions.apikey	SessionCookie
//	@in							header
//	@name						Cookie
//	@description				The session cookie that POST /session sets; send X-CSRF: 1 with it
//
//	@securityDefinitions.apikey	ServiceToken
//	@in							header
//	@name						Authorization
//	@description				A service token, as Authorization: Bearer
//
//	@securityDefinitions.apikey	StatusToken
//	@in							header
//	@name						Authorization
//	@description				The status token of a connect session, as Authorization: Bearer
//
//	@securityDefinitions.apikey	TransactionCookie
//	@in							header
//	@name						Cookie
//	@description				The cookie that POST /transaction sets; send X-CSRF: 1 with it

// openAPIJSON serves the OpenAPI document as JSON.
//
//	@Summary		Get this document as JSON
//	@Description	Returns the OpenAPI document of this API, for code generators and viewers.
//	@ID				getOpenAPIJSON
//	@Tags			config
//	@Success		200		{object}	object	"the OpenAPI document"
//	@Failure		default	{object}	Problem	"a problem"
//	@Router			/openapi.json [get]
func (s *Server) openAPIJSON(c echo.Context) error {
	document, err := s.contractJSON()
	if err != nil {
		return err
	}

	return document.write(c, http.StatusOK, echo.MIMEApplicationJSON)
}

// openAPIYAML serves the OpenAPI document as YAML.
//
//	@Summary		Get this document as YAML
//	@Description	Returns the OpenAPI document of this API, for readers and code generators.
//	@ID				getOpenAPIYAML
//	@Tags			config
//	@Produce		application/yaml
//	@Success		200		{string}	string	"the OpenAPI document"
//	@Failure		default	{object}	Problem	"a problem"
//	@Router			/openapi.yaml [get]
func (s *Server) openAPIYAML(c echo.Context) error {
	document, err := s.contractYAML()
	if err != nil {
		return err
	}

	return document.write(c, http.StatusOK, "application/yaml")
}

// relativeServer is the entry of the file that names the server by a path, because the file does not know the host.
const relativeServer = "\nservers:\n  - url: /api/v1\n"

// servedAt replaces the server's path in the document with the absolute address, because generated clients resolve a
// path against a wrong host. Nothing else changes.
func servedAt(address string, contract []byte) ([]byte, error) {
	if bytes.Count(contract, []byte(relativeServer)) != 1 {
		return nil, errors.New("the OpenAPI document does not contain the expected servers entry exactly once")
	}

	return bytes.Replace(
		contract, []byte(relativeServer), []byte("\nservers:\n  - url: "+strconv.Quote(address)+"\n"), 1,
	), nil
}

// asJSON converts a YAML document to indented JSON. The keys of each object are in alphabetical order, so that the
// result is always the same. It fails if the document is not YAML or cannot be expressed in JSON.
func asJSON(document []byte) ([]byte, error) {
	var content any
	if err := yaml.Unmarshal(document, &content); err != nil {
		return nil, fmt.Errorf("parse the OpenAPI document: %w", err)
	}

	converted, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("convert the OpenAPI document to JSON: %w", err)
	}

	return append(converted, '\n'), nil
}
