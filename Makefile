# Everything is in ./dev; these are shorthands for habit's sake. Options: make test ARGS="-k deadline"
.PHONY: run test lint lock bench help
run test lint lock bench:
	./dev $@ $(ARGS)
help:
	@./dev --help
.DEFAULT_GOAL := help
