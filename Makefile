# The verbs of the project. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help run build test test-vendors bench fuzz soak image lambda deploy-check clean

help: ## List the verbs
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 24

run: build ## Install what is missing, build, serve on http://127.0.0.1:8080 (ARGS="--listen …")
	@exec build/kaiwa serve $(ARGS)

build: ## Install what is missing and leave the optimised program at build/kaiwa
	@tools/build.sh

test: ## Install what tests need and run all of them (STAGES="unit e2e" for some)
	@tools/setup.sh build test emulators
	@tools/test.sh $(STAGES)

test-vendors: build ## Prove with the vendors' own clients what other programs rely on
	@tools/setup.sh build test
	@for proof in tests/vendors/*/run.sh; do $$proof || exit 1; done

bench: build ## Measure against the budgets (PEERS=1: beside LiteLLM, Chainlit and Open WebUI); bounded
	@tools/setup.sh bench
	@tools/bench.sh

fuzz: ## Fuzz every parser of outside bytes for a minute each (SECONDS_EACH=60)
	@tools/setup.sh build
	@tools/fuzz.sh $(or $(SECONDS_EACH),60)

soak: build ## Run the long tests: mixed work that must leave nothing behind, kill -9, drains; bounded
	@tools/setup.sh test
	@tools/soak.sh

image: build ## Lay out the container image in build/image, and build it where buildah, podman or docker is
	@tools/image.sh

lambda: build ## Pack build/kaiwa-lambda.zip for AWS Lambda
	@tools/lambda.sh

deploy-check: lambda ## Make and check the templates of every home on AWS, without an account
	@tools/image.sh --files-only
	@tools/deploy_check.sh

clean: ## Remove everything that was built
	rm -rf build web/dist web/node_modules
