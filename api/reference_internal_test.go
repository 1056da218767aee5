package api

import (
	"html/template"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// referenceOfContract renders the repository's document.
func referenceOfContract(t *testing.T) (page string, contract []byte) {
	t.Helper()

	contract, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}

	pages, err := newHTMLPages(neutralLook())
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{options: Options{Contract: contract}, pages: pages, origin: "https://connect.example"}

	rendered, err := s.newReferencePage()
	if err != nil {
		t.Fatal(err)
	}

	return string(rendered[identity]), contract
}

// sectionOf returns the part of the page about one call or type.
func sectionOf(page, id string) string {
	_, after, _ := strings.Cut(page, `id="`+id+`"`)
	section, _, _ := strings.Cut(after, "</details>")

	return section
}

// securityOf returns the alternatives of which a call needs one.
func securityOf(operation *openapi3.Operation) openapi3.SecurityRequirements {
	if operation.Security == nil {
		return nil
	}

	return *operation.Security
}

// An independent parser reads the document; the page has everything that it finds.
func TestReferenceHasTheWholeContract(t *testing.T) {
	page, contract := referenceOfContract(t)

	doc, err := openapi3.NewLoader().LoadFromData(contract)
	if err != nil {
		t.Fatal(err)
	}
	operations := 0

	for path, item := range doc.Paths.Map() {
		for method, operation := range item.Operations() {
			operations++
			section := sectionOf(page, operation.OperationID)

			title := "<h3>" + template.HTMLEscapeString(operation.Summary) + "</h3>"

			if !strings.Contains(page, title+` <span class="call"><span class="method">`+method+"</span> <code>"+path+"</code>") {
				t.Errorf("the page lacks %s %s", method, path)
			}

			needsCookie := len(securityOf(operation)) > 0
			for _, requirement := range securityOf(operation) {
				_, session := requirement["SessionCookie"]
				_, consent := requirement["TransactionCookie"]
				needsCookie = needsCookie && (session || consent)
			}

			if hasCommand := strings.Contains(section, `aria-label="Command: `); hasCommand == needsCookie {
				t.Errorf("%s: has a command: %t, needs a cookie: %t", operation.OperationID, hasCommand, needsCookie)
			}

			for _, parameter := range operation.Parameters {
				if !strings.Contains(section, "<code>"+parameter.Value.Name+"</code>") {
					t.Errorf("%s: the parameter %s is missing", operation.OperationID, parameter.Value.Name)
				}
			}

			for status := range operation.Responses.Map() {
				if status != "default" && !strings.Contains(section, "<h4>Response "+status+"</h4>") {
					t.Errorf("%s: the response %s is missing", operation.OperationID, status)
				}
			}
		}
	}

	if operations < 60 {
		t.Errorf("the document has %d operations only", operations)
	}

	for name, schema := range doc.Components.Schemas {
		section := sectionOf(page, "type-"+name)

		for property := range schema.Value.Properties {
			if !strings.Contains(section, "<dt><code>"+property+"</code>") {
				t.Errorf("%s: the field %s is missing", name, property)
			}
		}
	}
}

func TestReferenceIsInTheOrderOfUse(t *testing.T) {
	page, _ := referenceOfContract(t)
	last := 0

	for _, id := range []string{
		"start", "group-databases", "getCatalog", "listDatabases", "createDatabase", "getDatabase", "getDatabaseCredentials",
		"redisRename", "redisDelete", "group-services", "openConnectSession", "completeConnectSession", "group-connection",
		"connect", "disconnect", "group-transaction", "types",
	} {
		at := strings.Index(page, `id="`+id+`"`)
		if at <= last {
			t.Errorf("%s is at %d, before what it follows", id, at)
		}
		last = at
	}
}

// Every link within the page has a target, and every target is unique.
func TestReferenceLinksLeadSomewhere(t *testing.T) {
	page, _ := referenceOfContract(t)

	var ids []string
	for _, match := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if slices.Contains(ids, match[1]) {
			t.Errorf("the id %s is used twice", match[1])
		}
		ids = append(ids, match[1])
	}

	for _, match := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !slices.Contains(ids, match[1]) {
			t.Errorf("a link leads to #%s, which does not exist", match[1])
		}
	}
}

func TestReferenceHasCommandsToCopy(t *testing.T) {
	page, _ := referenceOfContract(t)

	for id, want := range map[string]string{
		"listDatabases": "curl https://connect.example/api/v1/databases \\\n  -H &#34;Authorization: Bearer $ACCESS_TOKEN&#34;",
		"createDatabase": "-H &#39;Content-Type: application/json&#39; \\\n  -d &#39;{\n  &#34;name&#34;: &#34;myredis&#34;,\n" +
			"  &#34;primary_region&#34;: &#34;us-east-1&#34;\n}&#39;",
		"redisDelete":        "/databases/96ad0856-03b1-4ee7-9666-e81abd0349e1 \\\n  -H &#34;Authorization",
		"openConnectSession": "Bearer $SERVICE_TOKEN",
		"getConfig":          "curl https://connect.example/api/v1/config</code>",
	} {
		if section := sectionOf(page, id); !strings.Contains(section, want) {
			t.Errorf("%s: the section lacks %s:\n%.1500s", id, want, section)
		}
	}

	// Only a browser with the cookie can make these calls.
	for _, id := range []string{"getTransaction", "getSession"} {
		if strings.Contains(sectionOf(page, id), "curl ") {
			t.Errorf("%s has a command, which could not work", id)
		}
	}
}
