package test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/upstash-connect/bff/test/harness"
)

const publicPath = "/connect"

// nginxOfTheDocs are the blocks of docs/operate/deploy.md that put the server under a path: one keeps the path, the
// other strips it.
func nginxOfTheDocs(t *testing.T) (leaves, takes string) {
	t.Helper()

	page, err := os.ReadFile(harness.Repository("docs/operate/deploy.md"))
	if err != nil {
		t.Fatal(err)
	}

	blocks := regexp.MustCompile("(?s)```nginx\n(location .*?)```").FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 2 {
		t.Fatalf("docs/operate/deploy.md has %d blocks of nginx, want the two of the section on paths", len(blocks))
	}

	return blocks[0][1], blocks[1][1]
}

// Whether the proxy keeps or strips the path, every URL that the server writes has it.
func TestServedUnderAPathBehindNginx(t *testing.T) {
	leaves, takes := nginxOfTheDocs(t)
	for name, block := range map[string]string{"that leaves the path": leaves, "that takes the path": takes} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := harness.BehindNginx(t, publicPath, func(server string) string {
				return strings.ReplaceAll(block, "127.0.0.1:8080", server)
			})
			visitor := visitorOf(t, s)

			t.Run("page", func(t *testing.T) { thePageIsUnderThePath(t, visitor) })
			t.Run("session", func(t *testing.T) { theSessionIsUnderThePath(t, visitor) })
			t.Run("contract", func(t *testing.T) { theContractIsUnderThePath(t, visitor) })
			t.Run("problems", func(t *testing.T) { problemsAreUnderThePath(t, visitor) })
			t.Run("services", func(t *testing.T) { connectSessionsAreUnderThePath(t, visitor) })
		})
	}
}

// visitor goes to addresses from the root of the origin, and keeps cookies as browsers do.
type visitor struct {
	harness.Service
	jar *cookiejar.Jar
}

func visitorOf(t *testing.T, s harness.Service) visitor {
	t.Helper()

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Client.Jar = jar

	return visitor{Service: s, jar: jar}
}

func (v visitor) at(address string) *url.URL {
	return &url.URL{Scheme: "http", Host: v.Host(), Path: address}
}

// visit sends one request to an address from the root of the origin.
func (v visitor) visit(t *testing.T, method, address string, header http.Header, body string) harness.Response {
	t.Helper()
	product := &harness.Product{URL: v.Origin(), Client: v.Client}

	return product.Do(t, method, address, header, body)
}

var (
	namedInHTML   = regexp.MustCompile(`(?:src|href)="([^"]+)"`)
	namedInScript = regexp.MustCompile("[\"'`]\\./([A-Za-z0-9_.-]+\\.(?:js|css))[\"'`]")
)

func thePageIsUnderThePath(t *testing.T, v visitor) {
	t.Helper()

	if got := v.visit(t, "GET", publicPath, nil, "").Is(t, 301); got.Header.Get("Location") != v.URL+"/" {
		t.Errorf("%s leads to %s", publicPath, got.Header.Get("Location"))
	}

	for path, status := range map[string]int{
		"/": 200, "/callback?code=x&state=y": 200, "/connect": 200, "/databases/new": 200, "/nowhere": 404,
	} {
		v.Do(t, "GET", path, nil, "").Is(t, status)
	}
	page := v.Do(t, "GET", "/", nil, "")

	if strings.Contains(page.Body, "The page was not built") {
		t.Skip("the page is not built: make page")
	}

	if !strings.Contains(page.Body, `<meta name="public-path" content="`+publicPath+`/"`) {
		t.Errorf("the script does not get its base path: %s", page.Body)
	}
	packed := v.Do(t, "GET", "/", http.Header{"Accept-Encoding": {"br, gzip"}}, "").Is(t, 200)

	if encoding := packed.Header.Get("Content-Encoding"); encoding != "gzip" || unpacked(t, packed) != page.Body {
		t.Errorf("compressed (%s), the page is another", encoding)
	}
	seen := map[string]bool{}
	v.loads(t, page, seen)
	v.loads(t, v.Do(t, "GET", "/api/v1/docs", nil, "").Is(t, 200), seen)

	if len(seen) < 12 {
		t.Errorf("the documents lead to %d files: %v", len(seen), seen)
	}
}

// loads goes to all that a document names, and to what that names in turn.
func (v visitor) loads(t *testing.T, document harness.Response, seen map[string]bool) {
	t.Helper()

	for _, match := range namedInHTML.FindAllStringSubmatch(document.Body, -1) {
		address := match[1]
		if strings.HasPrefix(address, "#") {
			continue // a part of the same page
		}

		if !strings.HasPrefix(address, publicPath+"/") {
			t.Errorf("%s names %s, which is not under %s", document.Path, address, publicPath)
			continue
		}
		v.loadsFile(t, address, seen)
	}
}

func (v visitor) loadsFile(t *testing.T, address string, seen map[string]bool) {
	t.Helper()

	if seen[address] {
		return
	}
	seen[address] = true
	file := v.visit(t, "GET", address, nil, "").Is(t, 200)

	if !strings.Contains(address, "/assets/") {
		return
	}

	if strings.Contains(file.Body, `"/assets/`) || strings.Contains(file.Body, "`/assets/") {
		t.Errorf("%s names a file from the root of the origin", address)
	}
	packed := v.visit(t, "GET", address, http.Header{"Accept-Encoding": {"br"}}, "").Is(t, 200)

	again := http.Header{"Accept-Encoding": {"br"}, "If-None-Match": {packed.Header.Get("ETag")}}
	v.visit(t, "GET", address, again, "").Is(t, 304)

	if !strings.HasSuffix(address, ".js") {
		return
	}

	for _, match := range namedInScript.FindAllStringSubmatch(file.Body, -1) {
		v.loadsFile(t, publicPath+"/assets/"+match[1], seen)
	}
}

func theSessionIsUnderThePath(t *testing.T, v visitor) {
	t.Helper()

	ours := http.Header{"X-Csrf": {"1"}, "Origin": {v.Origin()}, "Sec-Fetch-Site": {"same-origin"}}
	login := harness.Merged(ours, harness.Bearer(v.TokenOf(t, invitee)))
	evil := harness.Merged(login, http.Header{"Origin": {"https://evil.example"}})

	v.Do(t, "POST", "/api/v1/session", evil, "").Is(t, 403)
	v.Do(t, "POST", "/api/v1/session", login, "").Is(t, 201)
	v.Do(t, "GET", "/api/v1/session", ours, "").Is(t, 200)

	for _, cookie := range v.jar.Cookies(v.at(publicPath + "/api/v1/session")) {
		v.NoteSecret(cookie.Value, "cookie "+cookie.Name)
	}

	for _, other := range []string{"/", "/connected", "/api/v1/session"} {
		if sent := v.jar.Cookies(v.at(other)); len(sent) > 0 {
			t.Errorf("%s of another application is sent %s", other, sent[0].Name)
		}
	}
	made := v.Do(t, "POST", harness.DatabasesPath, ours, harness.CreateBody("under-a-path")).Is(t, 201)

	v.visit(t, "GET", made.Header.Get("Location"), ours, "").Is(t, 200)
	v.Do(t, "DELETE", "/api/v1/session", ours, "").Is(t, 204)

	if left := v.jar.Cookies(v.at(publicPath + "/api/v1/session")); len(left) > 0 {
		t.Errorf("%s is left after the logout", left[0].Name)
	}
}

func theContractIsUnderThePath(t *testing.T, v visitor) {
	t.Helper()

	for _, name := range []string{"/api/v1/openapi.yaml", "/api/v1/openapi.json"} {
		plain := v.Do(t, "GET", name, nil, "").Is(t, 200)

		var document struct {
			Servers []struct{ URL string }
		}
		if err := yaml.Unmarshal([]byte(plain.Body), &document); err != nil { // JSON is YAML
			t.Fatal(err)
		}

		if len(document.Servers) != 1 || document.Servers[0].URL != v.URL+"/api/v1" {
			t.Errorf("%s names the servers %v, want %s/api/v1", name, document.Servers, v.URL)
		}

		if !strings.HasSuffix(name, ".yaml") {
			continue // the contract's judge reads no JSON that is compressed
		}

		packed := v.Do(t, "GET", name, http.Header{"Accept-Encoding": {"gzip"}}, "").Is(t, 200)
		if unpacked(t, packed) != plain.Body {
			t.Errorf("%s is another, compressed", name)
		}
	}
}

func problemsAreUnderThePath(t *testing.T, v visitor) {
	t.Helper()

	got := v.Do(t, "GET", "/api/v1/nothing", nil, "").Is(t, 404)

	var problem struct{ Type, Instance string }
	if err := json.Unmarshal([]byte(got.Body), &problem); err != nil {
		t.Fatal(err)
	}

	if problem.Instance != publicPath+"/api/v1/nothing" || problem.Type != publicPath+"/api/v1/problems/not_found" {
		t.Errorf("got %+v", problem)
	}

	for _, page := range []string{problem.Type, publicPath + "/api/v1/problems"} {
		meaning := v.visit(t, "GET", page, nil, "").Is(t, 200)
		for _, match := range namedInHTML.FindAllStringSubmatch(meaning.Body, -1) {
			if strings.HasPrefix(match[1], "#") {
				continue // a part of the same page
			}

			if !strings.HasPrefix(match[1], publicPath+"/") {
				t.Errorf("%s leads to %s", page, match[1])
			} else if strings.Contains(match[1], "/assets/") {
				v.visit(t, "GET", match[1], nil, "").Is(t, 200)
			}
		}
	}
	elsewhere := v.Do(t, "GET", "/", http.Header{"Host": {"evil.example"}, "Accept": {"text/html"}}, "").Is(t, 421)

	if !strings.Contains(elsewhere.Body, `href="`+v.URL+`/"`) {
		t.Errorf("anyone who came by another host is not led to %s: %s", v.URL, elsewhere.Body)
	}
	v.Do(t, "GET", "/livez", nil, "").Is(t, 200)
}

func connectSessionsAreUnderThePath(t *testing.T, v visitor) {
	t.Helper()

	opened := v.Call(t, "POST", "/api/v1/connect-sessions", `{"external_id":"user-1"}`).Is(t, 201)

	var session harness.Opened
	opened.JSON(t, &session)
	_, invitation, _ := strings.Cut(session.URL, "#")
	v.NoteSecret(invitation, "invitation")
	v.NoteSecret(session.StatusToken, "status token")

	if !strings.HasPrefix(session.URL, v.URL+"/connect#") {
		t.Error("the browser is not sent below the path")
	}
	v.visit(t, "GET", opened.Header.Get("Location"), harness.Bearer(v.Token), "").Is(t, 200)

	v.Client.Jar = nil // this browser keeps its own
	browser := v.Browser(t)
	browser.Open(t, invitation).Is(t, 200)
	browser.Login(t, invitee)
	code := browser.Allow(t)
	granted := v.Complete(t, session.ID, code, "user-1").Is(t, 201)
	v.visit(t, "GET", granted.Header.Get("Location"), harness.Bearer(v.Token), "").Is(t, 200)
}

func unpacked(t *testing.T, answer harness.Response) string {
	t.Helper()

	reader, err := gzip.NewReader(strings.NewReader(answer.Body))
	if err != nil {
		t.Fatalf("%s: %v", answer.Path, err)
	}

	content, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}

	return string(content)
}
