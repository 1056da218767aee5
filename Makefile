# make run and make test set up everything they need. `make help` lists all targets.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run clients example example-nextjs build install release page test lint generate contract pictures screenshots dockerfile soak bench bench-full bench-micro bench-page scores clean tools

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

run: build ## run offline with stand-ins for Auth0 and Upstash (ARGS="--listen …")
	@exec bin/bff sandbox $(ARGS)

example: build ## run the worked partner and its sandbox: a Connect button to press (EXAMPLE_PORT=3000)
	@exec scripts/example.sh $(ARGS)

example-nextjs: build examples/partner-nextjs/node_modules/.installed ## the same with the partner for Next.js
	@cd examples/partner-nextjs && NEXT_TELEMETRY_DISABLED=1 node node_modules/next/dist/bin/next build
	@exec scripts/example.sh --nextjs $(ARGS)

test: ## run every suite: Go with the race detector, the page, the browser tests
	@scripts/test.sh

build: tools page ## build bin/bff with the page inside
	@echo "building bin/bff (the first time takes a minute or two: SQLite is compiled)"
	@go build -trimpath -buildvcs=$$(scripts/stamped.sh) -o bin/bff ./cmd/bff

install: build ## install bff into ~/.local/bin, as root /usr/local/bin (PREFIX=… DESTDIR=…)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/install.sh

release: tools page clients/typescript/dist/index.js ## build all archives, the TypeScript client and checksums into bin/release (10 min; PLATFORMS=…)
	@$(if $(PLATFORMS),PLATFORMS='$(PLATFORMS)' )scripts/release.sh

page: web/node_modules/.installed ## build the page into web/dist
	@echo "building the page: types, then the bundle (10 s, a minute on a busy machine)"
	@npm --prefix web run --silent build

web/node_modules/.installed: web/package.json web/package-lock.json
	@echo "installing the page's packages"
	@npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

web/engines/node_modules/.installed: web/engines/package.json web/engines/package-lock.json
	@echo "installing the drivers of Firefox and WebKit"
	@npm --prefix web/engines ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lint: ## run golangci-lint, which also checks the import rules
	@go tool -modfile=tools/lint/go.mod golangci-lint run --allow-parallel-runners ./...

generate: tools/clients/ts/node_modules/.installed ## generate openapi.yaml from the handlers' comments, and types from it
	@go -C tools/openapi run .
	@scripts/types.sh
	@scripts/clients-generate.sh

clients: clients/typescript/dist/index.js ## build and pack the TypeScript client into bin/
	@mkdir -p bin && cd clients/typescript && npm pack --silent --pack-destination $(CURDIR)/bin >/dev/null

tools/contract/node_modules/.installed: tools/contract/package.json tools/contract/package-lock.json
	@echo "installing the linters of the API document"
	@npm --prefix tools/contract ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

contract: tools/contract/node_modules/.installed ## lint the API document and compare it with the last release
	@scripts/contract.sh

tools/clients/ts/node_modules/.installed: tools/clients/ts/package.json tools/clients/ts/package-lock.json
	@echo "installing the TypeScript client generators"
	@npm --prefix tools/clients/ts ci --no-audit --no-fund --loglevel=error
	@touch $@

clients/typescript/node_modules/.installed: clients/typescript/package.json clients/typescript/package-lock.json
	@echo "installing the TypeScript client's packages"
	@npm --prefix clients/typescript ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# The build generates src/*.gen.ts from openapi.yaml and the page's types.
clients/typescript/dist/index.js: clients/typescript/node_modules/.installed clients/typescript/generate.mjs openapi.yaml \
		$(wildcard clients/typescript/src/*.ts) web/src/shared/api/schema.gen.ts web/embed/v1.d.ts
	@echo "building the TypeScript client"
	@npm --prefix clients/typescript run --silent build
	@touch $@

# .npmrc installs a copy of the client, so a new build of the client needs a new installation.
examples/partner-nextjs/node_modules/.installed: examples/partner-nextjs/package.json examples/partner-nextjs/package-lock.json clients/typescript/dist/index.js
	@echo "installing Next.js for the example"
	@npm --prefix examples/partner-nextjs ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

tools/likeness/node_modules/.installed: tools/likeness/package.json tools/likeness/package-lock.json
	@echo "installing the vendors' own clients"
	@npm --prefix tools/likeness ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

pictures: build ## take the kept pictures of all screens again (web/e2e/pictures); unchanged ones stay as they are
	@scripts/peers.sh || true
	@rm -f bin/pictures.txt
	@PICTURES_NAMED=$(CURDIR)/bin/pictures.txt BFF_BINARY=$(CURDIR)/bin/bff scripts/e2e.sh screens.spec.ts --update-snapshots
	@go -C tools/pictures run . -named $(CURDIR)/bin/pictures.txt $(CURDIR)/web/e2e/pictures

screenshots: build ## take screenshots of all screens into bin/screenshots; updates the README's
	@SCREENSHOTS=$(CURDIR)/bin/screenshots BFF_BINARY=$(CURDIR)/bin/bff scripts/e2e.sh screens.spec.ts
	@cp bin/screenshots/en/list-of-3-1440-light.png docs/images/databases.png

dockerfile: tools ## run the Dockerfile without a container engine, start its last stage (3 min)
	@scripts/dockerfile.sh

soak: dockerfile scores ## run the long tests: every kill point and cut, fuzzing; the Dockerfile; Next.js; Lighthouse
	@scripts/peers.sh
	@scripts/example-nextjs.sh
	@SOAK=1 go test -race -timeout 60m ./...
	@CGO_ENABLED=0 go test -skip Postgres ./internal/db
	@scripts/fuzz.sh

bench: build bin/bench ## compare with nginx, HAProxy and Express (2 min; ARGS="-only list"); writes bench/RESULTS.md
	@bin/bench $(ARGS)

bench-full: build bin/bench ## measure longer, with a million stored accounts (15 min, 5 GB of disk)
	@bin/bench -full $(ARGS)

.PHONY: bin/bench
bin/bench:
	@go -C bench build -trimpath -o ../bin/bench .

bench-micro: ## run the Go benchmarks into bin/bench-micro.txt (PKG=./internal/proxy COUNT=6)
	@mkdir -p bin
	@set -o pipefail; go test -p 1 -run '^$$' -bench . -benchmem -count $(or $(COUNT),6) $(or $(PKG),./...) | tee bin/bench-micro.txt

bench/page/node_modules/.installed: bench/page/package.json bench/page/package-lock.json
	@echo "installing Lighthouse"
	@npm --prefix bench/page ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench-page: build bench/page/node_modules/.installed ## measure a first visit to the page on a slow phone (1 min); fails over the budget
	@CHROME_PATH=$$(scripts/browser.sh) node bench/page/lighthouse.mjs

scores: build bench/page/node_modules/.installed ## check Lighthouse's scores of every kind of page (5 min)
	@CHROME_PATH=$$(scripts/browser.sh) node bench/page/scores.mjs

clean: ## remove build output; keeps the sandbox's data
	@rm -rf bin web/dist/* web/node_modules web/engines/node_modules tools/clients/ts/node_modules tools/contract/node_modules tools/likeness/node_modules bench/peers/express/node_modules bench/page/node_modules clients/typescript/node_modules clients/typescript/dist clients/typescript/src/*.gen.ts examples/partner-nextjs/node_modules examples/partner-nextjs/.next web/test-results web/playwright-report

tools:
	@scripts/tools.sh
