// Package harness starts the product for end-to-end tests and looks at it from outside, as its callers do.
//
// # A test in ten minutes
//
// A test starts its own server with stand-ins for Auth0 and Upstash, calls the API over HTTP, and compares what
// came back and what reached Upstash:
//
//	func TestCreateReachesUpstashOnce(t *testing.T) {
//		t.Parallel()
//		m := harness.StartJoined(t) // a server, and one account that is connected
//
//		made := m.Create(t, "my-key", harness.CreateBody("orders")).Database(t, 201)
//		again := m.Create(t, "my-key", harness.CreateBody("orders")).Database(t, 201)
//
//		if calls := m.Calls(t, "POST", harness.UpstreamCreate); calls != 1 || again.ID != made.ID {
//			t.Errorf("got %d creates upstream and database %s, want one and %s", calls, again.ID, made.ID)
//		}
//	}
//
// Put it in test/, in the file of its subject, and run it with `go test ./test -run TestCreateReachesUpstashOnce`.
// Nothing has to be installed or cleaned up: every listener is on loopback with a free port, every file in the test's
// own directory.
//
// # What to start
//
//   - [StartProduct] starts one server in this process. [Option] values change it: [WithConfig], [WithIssuer], [WithBounds],
//     [WithPostgres], [WithFront] (a peer of the test's own instead of Upstash), and others named With…
//   - [StartJoined] is that, with one connected account: a [Member], whose Header is its access token.
//   - [OnBothDatabases] runs a test on SQLite and, where there is one, on Postgres.
//   - [NewFleet] is for servers that are killed: it runs the real binary in processes of their own, which
//     [Fleet.Arm] makes die, or stop, at a named point.
//   - [NewReplicas] is several such processes behind one address.
//
// # How to call and compare
//
// [Product.Do] sends one request; its [Answer] has methods that fail the test: [Answer.Is] (status), [Answer.IsProblem]
// (status and code, and the whole form of a problem), [Answer.Database], [Answer.Connection]. [Product.Fault] makes a
// stand-in fail; [Product.Journal] and [Product.Calls] tell what reached it; [Product.Rows] counts what the database
// keeps.
//
// # What is checked without asking
//
// Each exchange is held to openapi.yaml: an answer that the contract does not have fails the test. When the test ends,
// the server's log, at debug level, is searched for every secret that passed through the harness.
package harness
