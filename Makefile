# make run      installs what is missing, builds, and runs on the first camera, else on the built-in demo
# make test     installs what is missing, builds, and passes all tests
# make lint     checks the format
# make fresh    does all that in a new Debian root, as a new user would (needs root and debootstrap)
#
# ARGS="--headless --size 640x480" is handed to the program by make run; SWIFT=… names another Swift.

SWIFT ?= $(or $(shell command -v swift),$(wildcard /opt/swift/usr/bin/swift))
BUILD = $(SWIFT) build -c release

# What the program is built with and needs at run time.
PACKAGES = libv4l-dev libopenblas-dev libsdl2-dev libsdl2-ttf-dev libturbojpeg0-dev libpng-dev \
	libfreetype-dev libsystemd-dev libexpat1-dev liblzma-dev opencv-data pkg-config ffmpeg fonts-dejavu-core
# What Swift asks of Debian, installed only where it does not run or finds no C++ library to link with.
SWIFT_PACKAGES = g++ git libcurl4-openssl-dev libncurses6 libsqlite3-dev libxml2-dev tzdata

.PHONY: setup swift build run test lint fresh

# One look at what is installed, and apt only where something is missing.
setup: swift
	@set -e; needed="$(PACKAGES)"; \
	if ! $(SWIFT) build --version >/dev/null 2>&1 || [ -z "$$(ls /usr/lib/gcc/*/*/libstdc++.so 2>/dev/null)" ]; then \
	  needed="$$needed $(SWIFT_PACKAGES)"; fi; \
	if ! command -v dpkg-query >/dev/null; then echo "no Debian here: it needs what matches $$needed" >&2; exit 0; fi; \
	installed=" $$(dpkg-query -W -f='$${Package}=$${db:Status-Status} ' $$needed 2>/dev/null || :)"; \
	missing=; for p in $$needed; do case "$$installed" in *" $$p=installed "*) ;; *) missing="$$missing $$p";; esac; done; \
	[ -n "$$missing" ] || exit 0; \
	if [ "$$(id -u)" = 0 ]; then as=; else as=sudo; command -v sudo >/dev/null || { \
	  echo "make: no sudo here: as root: apt-get install$$missing" >&2; exit 1; }; fi; \
	echo "installing$$missing" >&2; \
	$$as apt-get update -qq >&2; $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
	  --no-install-recommends -o Dpkg::Use-Pty=0 $$missing >&2

swift:
	@[ -n "$(SWIFT)" ] || { \
	  echo "make: no swift in PATH: install Swift 6, see https://www.swift.org/install/linux" >&2; exit 1; }

# The compiler's words go to standard error, so that the events of "make run" can be piped.
build: setup
	@$(BUILD) >&2

run: build
	@exec .build/release/raut run $(ARGS)

test: setup
	$(SWIFT) test -c release

lint: swift
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

fresh:
	Tests/Fresh/run
