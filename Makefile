# make run    installs what is missing, builds, and runs on the first camera, else on the built-in demo
# make test   installs what is missing, builds, and passes all tests
SWIFT ?= swift
BUILD = $(SWIFT) build -c release
PACKAGES = libv4l-dev libopenblas-dev libsdl2-dev libsdl2-ttf-dev libturbojpeg0-dev libpng-dev libsystemd-dev \
	libexpat1-dev liblzma-dev opencv-data pkg-config ffmpeg fonts-dejavu-core
SUDO = $(shell [ "$$(id -u)" = 0 ] || echo sudo)

.PHONY: setup build run test lint

setup:
	@missing=; for p in $(PACKAGES); do \
	  dpkg-query -W -f='$${db:Status-Status}\n' $$p 2>/dev/null | grep -qx installed || missing="$$missing $$p"; done; \
	if [ -n "$$missing" ]; then echo "installing$$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; fi

build: setup
	$(BUILD)

run: build
	.build/release/raut run

test: setup
	$(SWIFT) test -c release

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
