# The ways in. Each is one script; make adds nothing but the names.
BERTH_CACHE ?= $(HOME)/.cache/berth
export CARGO_TARGET_DIR ?= $(BERTH_CACHE)/target
.DEFAULT_GOAL := help
.PHONY: help up cluster compose down test test-full check update clean-data images package bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## install and start what is missing, serve Berth, walk its main job once
	@stack/up.sh

cluster: ## the eight services on their real servers, as processes of their own behind NGINX
	@stack/cluster.sh up

compose: ## the same as containers, from docker-compose.yml
	@stack/compose.sh up

down: ## stop what `make up` and `make cluster` started
	@stack/down.sh

test: ## all tests, with all they need
	@stack/test.sh

test-full: ## all tests at full width
	@stack/test.sh full

check: ## formatting, lints, unit tests: between two edits
	@stack/check.sh

update: ## write generated files anew
	@stack/update.sh

clean-data: ## forget the data directory and its containers
	@stack/clean-data.sh

images: ## obtain the starter images
	@stack/engine.sh up && images/build.sh

package: ## the Debian package
	@cargo build --release --bin berthd --bin berth && stack/package.sh build

bench: ## measure
	@stack/bench.sh
