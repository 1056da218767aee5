// Package harness starts the product for end-to-end tests and checks it from outside, as its callers do.
//
// # A test in ten minutes
//
// A test starts its own server with stand-ins for Auth0 and Upstash, calls the API over HTTP, and compares the
// response and the calls that reached Upstash:
//
//	func TestCreateReachesUpstashOnce(t *testing.T) {
//		t.Parallel()
//		m := harness.StartWithMember(t) // a server and one connected account
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
// There is nothing to install or clean up: every listener uses a free loopback port, and every file is in the test's
// own directory.
//
// # What to start
//
//   - [StartProduct] starts one server in this process. [Option] values change it: [WithConfig], [WithIssuer],
//     [WithBounds], [WithPostgres], [WithFront] (the test's own peer instead of Upstash), and others named With…
//   - [StartWithMember] also connects one account: a [Member], whose Header is its access token.
//   - [OnBothDatabases] runs a test on SQLite and, where one is available, on Postgres.
//   - [NewFleet] is for servers that are killed: it runs the real binary in separate processes. [Fleet.Arm] makes a
//     process die or stop at a named point.
//   - [NewReplicas] is several such processes behind one address.
//
// # How to call and compare
//
// [Product.Do] sends one request; its [Response] has methods that fail the test: [Response.Is] (status),
// [Response.IsProblem] (status, code and the complete form of a problem), [Response.Database], [Response.Connection].
// [Product.Fault] makes a stand-in fail; [Product.Journal] and [Product.Calls] list and count the calls that reached
// it; [Product.Rows] counts database rows.
//
// # What is checked automatically
//
// Each exchange is checked against openapi.yaml: a response outside the contract fails the test. When the test ends,
// the server's log, at debug level, is searched for every secret that passed through the harness.
package harness
