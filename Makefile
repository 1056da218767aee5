# make run and make test do all their own set-up. `make help` lists the rest.
SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run build install release page test lint generate contract screenshots dockerfile soak bench bench-full bench-micro bench-page clean tools

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

run: build ## build everything and run it offline, with stand-ins for Auth0 and Upstash (ARGS="--listen …")
	@exec bin/bff sandbox $(ARGS)

test: ## every suite: Go with the race detector, the page, the browser journeys
	@scripts/test.sh

build: tools page ## bin/bff with the page inside
	@echo "building bin/bff (the first time takes a minute or two: SQLite is compiled)"
	@go build -trimpath -buildvcs=$$(scripts/stamped.sh) -o bin/bff ./cmd/bff

install: build ## bff onto your PATH: ~/.local/bin, for root /usr/local/bin (PREFIX=/opt/upstash DESTDIR=…)
	@PREFIX='$(PREFIX)' DESTDIR='$(DESTDIR)' scripts/install.sh

release: tools page ## an archive for each platform, and checksums, in bin/release (10 min the first time; PLATFORMS="linux/arm64 …")
	@$(if $(PLATFORMS),PLATFORMS='$(PLATFORMS)' )scripts/release.sh

page: web/node_modules/.installed ## the page, into web/dist
	@echo "building the page: types, then the bundle (10 s, a minute on a busy machine)"
	@npm --prefix web run --silent build

web/node_modules/.installed: web/package.json web/package-lock.json
	@echo "installing the page's packages"
	@npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

lint: ## golangci-lint, which also holds the import arrows
	@go tool -modfile=tools/lint/go.mod golangci-lint run --allow-parallel-runners ./...

generate: tools/clients/ts/node_modules/.installed ## openapi.yaml from the handlers' comments, the page's types from that
	@go -C tools/openapi run .
	@scripts/types.sh

tools/contract/node_modules/.installed: tools/contract/package.json tools/contract/package-lock.json
	@echo "installing the linters of the API document"
	@npm --prefix tools/contract ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

contract: tools/contract/node_modules/.installed ## lint the API document, and compare it with the last release's
	@scripts/contract.sh

tools/clients/ts/node_modules/.installed: tools/clients/ts/package.json tools/clients/ts/package-lock.json
	@echo "installing the TypeScript client generators"
	@npm --prefix tools/clients/ts ci --no-audit --no-fund --loglevel=error
	@touch $@

tools/likeness/node_modules/.installed: tools/likeness/package.json tools/likeness/package-lock.json
	@echo "installing the vendors' own clients"
	@npm --prefix tools/likeness ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

screenshots: build ## pictures of every screen, in web/test-results/screenshots; renews the README's
	@SCREENSHOTS=$(CURDIR)/web/test-results/screenshots BFF_BINARY=$(CURDIR)/bin/bff scripts/e2e.sh screenshots.spec.ts
	@cp web/test-results/screenshots/10-list-1440-light.png docs/images/databases.png

dockerfile: tools ## what the Dockerfile says, without an engine: build, then start what the last stage holds (3 min)
	@scripts/dockerfile.sh

soak: dockerfile ## the long forms of the tests: every kill point and cut, many rounds; fuzzing; the Dockerfile
	@scripts/peers.sh
	@SOAK=1 go test -race -timeout 60m ./...
	@CGO_ENABLED=0 go test -skip Postgres ./internal/db
	@scripts/fuzz.sh

bench: build bin/bench ## what a list costs, beside nginx, HAProxy and Express (2 min of measuring; ARGS="-only list"); writes bench/RESULTS.md
	@bin/bench $(ARGS)

bench-full: build bin/bench ## the same, longer and with a million stored accounts (15 min, and 5 GB of disk)
	@bin/bench -full $(ARGS)

.PHONY: bin/bench
bin/bench:
	@go -C bench build -trimpath -o ../bin/bench .

bench-micro: ## the Go benchmarks, several times each, into bin/bench-micro.txt for benchstat (PKG=./internal/proxy COUNT=6)
	@mkdir -p bin
	@set -o pipefail; go test -p 1 -run '^$$' -bench . -benchmem -count $(or $(COUNT),6) $(or $(PKG),./...) | tee bin/bench-micro.txt

bench/page/node_modules/.installed: bench/page/package.json bench/page/package-lock.json
	@echo "installing Lighthouse"
	@npm --prefix bench/page ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

bench-page: build bench/page/node_modules/.installed ## what a first visit to the page costs on a slow phone (a minute); fails over the budget
	@CHROME_PATH=$$(scripts/browser.sh) node bench/page/lighthouse.mjs

clean: ## remove what was built; the sandbox's data stays
	@rm -rf bin web/dist/* web/node_modules tools/clients/ts/node_modules tools/contract/node_modules tools/likeness/node_modules bench/peers/express/node_modules bench/page/node_modules web/test-results web/playwright-report

tools:
	@scripts/tools.sh
