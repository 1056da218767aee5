package upstash

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// Responses too large or too deep for a fuzz test, compared with the reference.
func TestLargeResponsesMatchTheReferenceReader(t *testing.T) {
	var manyNames, manyTwice, mixed strings.Builder
	for n := range 30_000 {
		fmt.Fprintf(&manyNames, `"n%d":%d,`, n, n)
	}
	manyTwice.WriteString(manyNames.String() + `"n\u0039":0,`)

	random := rand.New(rand.NewPCG(1, 2)) // the same each time

	for n := range 700 { // shapes that change, and elements that lie across every window's end
		fmt.Fprintf(&mixed, `{"database_id":"id-%d","database_name":"%s"`, n, strings.Repeat("é", 1+random.IntN(300)))

		for i := range random.IntN(12) {
			if random.IntN(3) > 0 {
				fmt.Fprintf(&mixed, `,"x%d":{"a":[%d],"b":"\u0041"}`, i, n)
			}
		}
		fmt.Fprintf(&mixed, `,"read_regions":["r%d","s"],"state":"s%d"},`, n%3, n%2)
	}
	object := `{"database_id":"a1","database_name":"x"%s}`
	nested := func(open, end string, levels int) string {
		return fmt.Sprintf(object, `,"x":`+strings.Repeat(open, levels)+`1`+strings.Repeat(end, levels))
	}

	rows := map[string]string{
		"as many elements as allowed": "[" + strings.Repeat("null,", maxDatabases-1) + "null]",
		"one element too many":        "[" + strings.Repeat("null,", maxDatabases) + "null]",
		"as deep as allowed, arrays":  "[" + nested("[", "]", maxDepth-2) + "]",
		"too deep, arrays":            "[" + nested("[", "]", maxDepth-1) + "]",
		"as deep as allowed, objects": "[" + nested(`{"a":`, "}", maxDepth-2) + "]",
		"too deep, objects":           "[" + nested(`{"a":`, "}", maxDepth-1) + "]",
		"too deep where it is read":   "[" + fmt.Sprintf(object, `,"read_regions":`+strings.Repeat("[", maxDepth)) + "]",
		"many names":                  "[" + fmt.Sprintf(object, ","+manyNames.String()+`"z":1`) + "]",
		"many names, one twice":       "[" + fmt.Sprintf(object, ","+manyTwice.String()+`"z":1`) + "]",
		"many shapes":                 "[" + mixed.String() + "null]",
		"a long field":                "[" + fmt.Sprintf(object, `,"state":"`+strings.Repeat("a", maxText-2)+`"`) + "]",
		"a field too long":            "[" + fmt.Sprintf(object, `,"state":"`+strings.Repeat("a", maxText-1)+`"`) + "]",
		"a field too long in escapes": "[" + fmt.Sprintf(object, `,"state":"`+strings.Repeat(`\n`, maxText/2)+`"`) + "]",
		"a number too long":           "[" + fmt.Sprintf(object, `,"port":`+strings.Repeat("1", maxText+1)) + "]",
		"many regions":                "[" + fmt.Sprintf(object, `,"read_regions":["a"`+strings.Repeat(`,"b"`, 150)+`]`) + "]",
	}
	for name, body := range rows {
		t.Run(name, func(t *testing.T) {
			got, err := readBytes(t, []byte(body), readListing)
			want, wantErr := readTokens([]byte(body), tokenListing)

			if (err != nil) != (wantErr != nil) || errors.Is(err, errTooMany) != errors.Is(wantErr, errTooMany) {
				t.Fatalf("got error %v, want %v", err, wantErr)
			}

			if diff := cmp.Diff(want, got); err == nil && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestResponseLimitIsExact(t *testing.T) {
	const limit = 3 * windowSize

	for length, want := range map[int]error{limit: nil, limit + 1: errTooLong} {
		for place, body := range map[string]string{
			"before": strings.Repeat(" ", length-2) + "[]", "behind": "[]" + strings.Repeat(" ", length-2),
			"within": `["` + strings.Repeat("a", length-4) + `"]`,
		} {
			_, err := readLimited(strings.NewReader(body), limit)
			if (err == nil) != (want == nil) || !errors.Is(err, want) {
				t.Errorf("%d bytes, most of them %s: got %v, want %v", length, place, err, want)
			}
		}
	}
}

func readLimited(body io.Reader, limit int64) (listing Listing, err error) {
	err = readAnswer(http.MethodGet, body, limit, func(a *answer) (err error) {
		listing, err = readListing(a)
		return err
	})

	return listing, err
}

// Errors are found before the rest arrives; a failed connection is not an invalid response.
func TestIncompleteAndInvalidResponsesDiffer(t *testing.T) {
	broken := iotest.ErrReader(io.ErrUnexpectedEOF)

	for body, want := range map[string]error{
		"[": nil, "": nil, "[{\"a\":tr": nil, "[]": nil, "[]  ": nil, "[1": nil, "[\"\xc3": nil, `["\ud8`: nil,
		"[]]": ErrUnexpectedResponse, "[{]": ErrUnexpectedResponse, "[trx": ErrUnexpectedResponse,
	} {
		_, err := readLimited(io.MultiReader(strings.NewReader(body), broken), maxListBytes)

		var unavailable *UnavailableError
		if want == nil && !errors.As(err, &unavailable) || want != nil && !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v or that upstream cannot be reached", body, err, want)
		}
	}

	page := io.MultiReader(strings.NewReader("<!doctype"), iotest.ErrReader(errors.New("nobody waits for the rest")))
	if _, err := readLimited(page, maxListBytes); !errors.Is(err, ErrUnexpectedResponse) {
		t.Errorf("a page: got %v, want ErrUnexpectedResponse", err)
	}
}

// The memory of a response is zeroed before the next response uses it, and no retained value points into it.
func TestBuffersAreZeroedAfterAResponse(t *testing.T) {
	const canary = "canary-7d1c0b"

	element := `{"database_id":"a1","database_name":"x","password":"` + canary + `","x":"\u0063` + canary[1:] +
		`","rest_token":"\u0063` + canary[1:] + `","y":{"\u0063` + canary[1:] + `":1},"` + canary + `":0,"state":"ok"}`
	for _, window := range []int{1, 64, windowSize} {
		a := newAnswer(window)

		var (
			object databaseDecoder
			listed Listing
		)
		err := a.readAll(http.MethodGet, strings.NewReader(element), maxObjectBytes, func(a *answer) (err error) {
			object, err = decodeDatabase(a, true)
			return err
		})
		kept := a.reset()

		if err != nil || object.password != canary || object.restToken != canary || object.State != "ok" {
			t.Errorf("window of %d: got %+v, %v", window, object, err)
		}

		err = a.readAll(http.MethodGet, strings.NewReader("["+element+","+element+"]"), maxListBytes,
			func(a *answer) (err error) {
				listed, err = readListing(a)
				return err
			})
		_ = a.reset()

		if err != nil || len(listed.Databases) != 2 || listed.Databases[1].Name != "x" {
			t.Errorf("window of %d: got %+v, %v", window, listed, err)
		}

		for name, memory := range map[string][]byte{
			"window": a.data, "scratch": a.scratch, "names": a.names.escaped,
		} {
			if memory = memory[:cap(memory)]; bytes.Contains(memory, []byte("anary")) {
				t.Errorf("window of %d: the %s still holds something: %q", window, name, memory)
			}
		}

		if len(a.names.entries) != 0 || strings.Trim(fmt.Sprint(a.names.slots), "[0 ]") != "" {
			t.Errorf("window of %d: names are left", window)
		}

		if !kept {
			t.Errorf("window of %d: the memory is thrown away", window)
		}
	}
}

// A response that fails in the middle also leaves nothing to the next one.
func TestFailedResponseDoesNotAffectTheNext(t *testing.T) {
	one, err := os.ReadFile("testdata/database.json")
	if err != nil {
		t.Fatal(err)
	}
	a := newAnswer(windowSize)

	whole := "[" + string(one) + "," + string(one) + "]"
	for cut := range len(whole) {
		for _, body := range []string{whole[:cut] + "#", whole} {
			err := a.readAll(http.MethodGet, strings.NewReader(body), maxListBytes, func(a *answer) error {
				_, err := readListing(a)
				return err
			})
			_ = a.reset()

			if (err == nil) != (body == whole) {
				t.Fatalf("after %d bytes: got %v", cut, err)
			}
		}
	}
}

// Texts of one list share memory; changes to one database must not affect another.
func TestReadRegionsDoNotShareStorage(t *testing.T) {
	element := `{"database_id":"a1","database_name":"x","read_regions":["a"]}`

	got, err := readLimited(strings.NewReader("["+strings.Repeat(element+",", 9)+element+"]"), maxListBytes)
	if err != nil {
		t.Fatal(err)
	}

	for n := range got.Databases {
		got.Databases[n].ReadRegions = append(got.Databases[n].ReadRegions, "b")
	}

	for n, database := range got.Databases {
		if diff := cmp.Diff([]string{"a", "b"}, database.ReadRegions); diff != "" {
			t.Errorf("database %d (-want +got):\n%s", n, diff)
		}
	}
}
