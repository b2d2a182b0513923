# make run      installs what is missing, builds, and runs on the first camera, else on the built-in demo
# make test     installs what is missing, builds, and passes all tests
# make test-camera  tests against the kernel's own camera driver, in a virtual machine (x86-64)
# make test-service  the systemd units, started by systemd in that virtual machine
# make test-browser  the page of --http in headless Chromium
# make test-program  the program as a process: how it ends, that it writes nothing that it was not told to, a full disk
# make test-arm64  the C kernels for arm64 beside their plain versions, under qemu-user: boxes, logits, instructions
# make mpi      builds .build/mpi/release/raut, which trains on several machines: mpirun -np 4 … raut train …
# make test-mpi  trains with it on several ranks, on two "machines", with ranks that die and links that drop
# make test-network  cameras over HTTP and RTSP that go and come back, by real servers on this machine
# make endurance  a million frames with faces, readers and the source coming and going, and a table of what was left
# make pictures photographs windows of made-up scenes in all sizes, into docs/pictures/
# make lint     checks the format
# make docs     the library's pages, by the toolchain's docc, in .build/docs/html; a warning is an error
# make test-library  compiles and runs README's Swift text in a package of its own
# make fuzz     feeds the readers a hundred thousand damaged files each, under the address sanitizer
# make sanitize  passes all tests under the address sanitizer, then under the thread sanitizer
# make static   builds with Swift's runtime inside, for installing
# make install  installs that below PREFIX (/usr/local), and DESTDIR where given; make uninstall removes it
# make model    trains the model that ships, from the seed, in eight stages; called again, goes on where it was stopped:
#               make model DATA=fer2013.csv FERPLUS=fer2013new.csv PHOTOGRAPHS=photographs OUTPUT=runs/raut
# make deb      makes a Debian package of it in .build/
# make fresh    does what README says in a new Debian root, as a new user would (needs root and debootstrap)
#
# ARGS="--headless --size 640x480" is handed to the program by make run; SWIFT=… names another Swift.

SWIFT ?= $(or $(shell command -v swift),$(wildcard /opt/swift/usr/bin/swift))
BUILD = $(SWIFT) build -c release

# SwiftPM hands traits to the compiler in the order of a hash table: with another order each time, every build would
# compile everything again.
export SWIFT_DETERMINISTIC_HASHING = 1

# What the program is built with and needs at run time.
PACKAGES = libv4l-dev libopenblas-dev libsdl2-dev libcairo2-dev libpango1.0-dev libturbojpeg0-dev libpng-dev \
	libsystemd-dev libmosquitto-dev libmicrohttpd-dev libsqlite3-dev libexpat1-dev liblzma-dev opencv-data pkg-config \
	ffmpeg fonts-dejavu-core fonts-noto-color-emoji
# What Swift asks of Debian, installed only where it does not run or finds no C++ library to link with.
SWIFT_PACKAGES = g++ git libcurl4-openssl-dev libncurses6 libsqlite3-dev libxml2-dev tzdata

STATIC = .build/static/release/raut
PREFIX ?= /usr/local
bin = $(DESTDIR)$(PREFIX)/bin
share = $(DESTDIR)$(PREFIX)/share
lib = $(DESTDIR)$(PREFIX)/lib
etc = $(DESTDIR)/etc
# Where zsh looks: one place for packages, one for what is installed by hand.
zsh = $(share)/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
UNITS = $(wildcard systemd/*.service systemd/*.socket systemd/*.target)
RULES = $(wildcard systemd/*.rules)
CONF = $(wildcard systemd/raut.conf)
MODELS = $(wildcard models/*.safetensors)

.PHONY: setup swift build run model test test-camera test-service test-program test-browser test-network test-arm64 \
	mpi test-mpi endurance fuzz sanitize lint pictures static install uninstall library docs test-library \
	deb fresh fresh-package

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
	  --no-install-recommends -o Dpkg::Use-Pty=0 $$missing >&2; \
	case "$$missing " in *" mosquitto "*) [ ! -d /run/systemd/system ] || \
	  $$as systemctl disable --now --quiet mosquitto >&2 || :;; esac

swift:
	@[ -n "$(SWIFT)" ] || { \
	  echo "make: no swift in PATH: install Swift 6, see https://www.swift.org/install/linux" >&2; exit 1; }

# The compiler's words go to standard error, so that the events of "make run" can be piped.
build: setup
	@$(BUILD) --product raut >&2

run: build
	@exec .build/release/raut run --or-demo $(ARGS)

# The stages stand in models/raut.recipe.
OUTPUT ?= runs/raut
model:
	@[ -f "$(DATA)" ] && [ -f "$(FERPLUS)" ] || { \
	  echo "make: no FER2013: make model DATA=fer2013.csv FERPLUS=fer2013new.csv PHOTOGRAPHS=photographs" >&2; exit 1; }
	@[ -d "$(PHOTOGRAPHS)" ] || { \
	  echo "make: no photographs: PHOTOGRAPHS=DIR, a folder with one folder an emotion" >&2; exit 1; }
	@$(MAKE) --no-print-directory build
	.build/release/raut train --recipe models/raut.recipe --data "$(DATA)" --ferplus "$(FERPLUS)" \
	  --data "$(PHOTOGRAPHS)" --output "$(OUTPUT)" --threads 2 --resume
	.build/release/raut quantize "$(OUTPUT)/raut.safetensors" --data "$(DATA)" \
	  --output "$(OUTPUT)/raut-int8.safetensors" --replace

# A broker and its reader for the tests of MQTT, as programs; the service that comes with them is not left running. xz
# packs what the tests unpack.
TEST_PACKAGES = mosquitto mosquitto-clients openssl xz-utils jq python3
test:
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) $(TEST_PACKAGES)"
	$(BUILD) --build-tests
	$(SWIFT) test -c release --skip-build

CAMERA_PACKAGES = qemu-system-x86 busybox-static cpio kmod v4l-utils jq
test-camera:
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) $(TEST_PACKAGES) $(CAMERA_PACKAGES)"
	$(BUILD) --build-tests
	$(BUILD) --product raut
	Tests/Camera/run

# The units, started by systemd itself in the same virtual machine.
SERVICE_PACKAGES = systemd systemd-sysv udev dbus socat procps man-db
test-service:
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) $(CAMERA_PACKAGES) $(SERVICE_PACKAGES)"
	$(BUILD) --product raut
	rm -rf .build/guest
	@$(MAKE) --no-print-directory install STATIC=.build/release/raut DESTDIR=.build/guest PREFIX=/usr/local
	GUEST_SECONDS=$${GUEST_SECONDS:-900} Tests/Camera/boot --systemd Tests/Service/guest.sh

# The page in a browser: faces and their change, in headless Chromium.
test-browser: build
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) chromium nodejs"
	Tests/Browser/run

test-program: build
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) socat strace procps util-linux xvfb xdotool"
	Tests/Service/program
	Tests/Service/disk

# Servers on loopback alone; the service that comes with the package is not left running.
NETWORK_PACKAGES = rtsp-server-perl python3 procps
test-network: build
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) $(NETWORK_PACKAGES)"
	@[ ! -d /run/systemd/system ] || systemctl disable --now --quiet rtsp-server-perl || :
	Tests/Service/network

# ROUNDS=… says how many random shapes each kernel gets.
ARM64_PACKAGES = gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user
test-arm64:
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) $(ARM64_PACKAGES)"
	SWIFT=$(SWIFT) Tests/Kernels/run-arm64

# The same program with MPI in it; the usual one has none, so that a webcam's package stays small.
MPI_PACKAGES = libopenmpi-dev openmpi-bin
mpi:
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) $(MPI_PACKAGES)"
	@$(BUILD) --traits MPI,MQTT,Window,HTTP --scratch-path .build/mpi --product raut >&2

# Root may make two machines of one; else those tests are skipped.
test-mpi: mpi
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) $(MPI_PACKAGES) python3 procps iproute2"
	Tests/Ranks/run

# RAUT_ENDURANCE=… says how many frames.
endurance: setup
	$(BUILD) --build-tests
	RAUT_ENDURANCE=$${RAUT_ENDURANCE:-1000000} $(SWIFT) test -c release --skip-build --filter EnduranceTests

# RAUT_FUZZ=… says how many; a build of its own, so that the usual one stays.
fuzz: setup
	RAUT_FUZZ=$${RAUT_FUZZ:-100000} $(SWIFT) test -c release --sanitize address --disable-xctest \
	  --scratch-path .build/fuzz --filter Fuzz

# What is still held at the end is no fault of a program that ends. A build of its own for each; the former is fuzz's. What
# the program holds under a sanitizer says nothing, nor does how fast its stages are under that of threads.
sanitize:
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) $(TEST_PACKAGES)"
	ASAN_OPTIONS=detect_leaks=0 $(SWIFT) test -c release --sanitize address --disable-xctest \
	  --scratch-path .build/fuzz --skip FootprintTests
	TSAN_OPTIONS=suppressions=Tests/thread-sanitizer.suppressions $(SWIFT) test -c release --sanitize thread --disable-xctest \
	  --scratch-path .build/thread --skip FootprintTests --skip ProgramTests/bench

PICTURE_PACKAGES = xvfb imagemagick python3-pil
pictures: build
	@$(MAKE) --no-print-directory setup PACKAGES="$(PACKAGES) $(PICTURE_PACKAGES)"
	docs/pictures/sheets.py

lint: swift
	@[ ! -e /usr/include/pango-1.0 ] || $(CC) -fsyntax-only -include pango/pangocairo.h \
	  $$(pkg-config --cflags pangocairo) -x c Sources/CCairo/shim.h -Wno-pragma-once-outside-header
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

library: setup
	$(BUILD) --target Raut

# From the modules of the usual build: nothing is compiled anew.
DOCC = $(or $(shell command -v docc),$(dir $(SWIFT))docc)
C_MODULES = $(foreach map,$(wildcard Sources/*/module.modulemap .build/release/*.build/module.modulemap),-Xcc -fmodule-map-file=$(map))
C_FLAGS = $(addprefix -Xcc ,$(shell pkg-config --cflags-only-I openblas libpng16 pangocairo sdl2 2>/dev/null))
docs: library
	rm -rf .build/docs && mkdir -p .build/docs/symbols
	$(dir $(SWIFT))swift-symbolgraph-extract -module-name Raut -minimum-access-level public \
	  -target $$($(SWIFT) -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p' | head -1) \
	  -I .build/release/Modules $(C_MODULES) $(C_FLAGS) -output-dir .build/docs/symbols
	$(DOCC) convert Sources/Raut/Raut.docc --additional-symbol-graph-dir .build/docs/symbols \
	  --fallback-display-name Raut --fallback-bundle-identifier raut.Raut --warnings-as-errors \
	  --output-path .build/docs/html
	@echo "see $(DOCC) preview, or serve .build/docs/html" >&2

test-library: setup
	Tests/Fresh/library

static: setup
	@$(BUILD) --static-swift-stdlib --scratch-path .build/static --product raut >&2

# Built before, as whoever builds: "sudo make install" finds no Swift in most cases, and needs none.
install:
	@[ -x $(STATIC) ] || $(MAKE) static
	install -d $(bin) $(share)/raut/models $(share)/man/man1 $(share)/bash-completion/completions \
	  $(zsh) $(share)/fish/vendor_completions.d $(share)/doc/raut \
	  $(and $(UNITS),$(lib)/systemd/system) $(and $(RULES),$(lib)/udev/rules.d) $(and $(CONF),$(etc))
	install -s -m 755 $(STATIC) $(bin)/raut
	install -d $(share)/applications $(share)/icons/hicolor/scalable/apps
	sed 's|/usr/bin/raut|$(PREFIX)/bin/raut|' Packaging/raut.desktop >$(share)/applications/raut.desktop
	install -m 644 Packaging/raut.svg $(share)/icons/hicolor/scalable/apps
	[ -z "$(MODELS)" ] || install -m 644 $(MODELS) $(share)/raut/models
	$(STATIC) man | gzip -9n >$(share)/man/man1/raut.1.gz
	$(STATIC) completions bash >$(share)/bash-completion/completions/raut
	$(STATIC) completions zsh >$(zsh)/_raut
	$(STATIC) completions fish >$(share)/fish/vendor_completions.d/raut.fish
	install -m 644 LICENSE README.md docs/events.md systemd/network.conf systemd/http.conf $(share)/doc/raut
	install -m 644 Sources/Events/events.schema.json $(share)/raut
	for unit in $(UNITS); do sed 's|/usr/bin/raut|$(PREFIX)/bin/raut|' $$unit \
	  >$(lib)/systemd/system/$${unit#systemd/}; done
	[ -z "$(RULES)" ] || install -m 644 $(RULES) $(lib)/udev/rules.d
	[ -z "$(CONF)" ] || [ -e $(etc)/raut.conf ] || { install -m 640 $(CONF) $(etc); \
	  chgrp video $(etc)/raut.conf 2>/dev/null || :; \
	  sed -i 's|/usr/share/doc|$(PREFIX)/share/doc|' $(etc)/raut.conf; }
	sed -i 's|/usr/share/doc|$(PREFIX)/share/doc|' $(share)/doc/raut/network.conf $(share)/doc/raut/http.conf

# All but /etc/raut.conf, which may have been changed.
uninstall:
	rm -f $(bin)/raut $(share)/man/man1/raut.1.gz $(share)/bash-completion/completions/raut \
	  $(zsh)/_raut $(share)/fish/vendor_completions.d/raut.fish \
	  $(UNITS:systemd/%=$(lib)/systemd/system/%) $(RULES:systemd/%=$(lib)/udev/rules.d/%)
	rm -rf $(share)/raut $(share)/doc/raut
	rm -f $(share)/applications/raut.desktop $(share)/icons/hicolor/scalable/apps/raut.svg

deb: static
	@Packaging/deb

fresh:
	Tests/Fresh/run

# The package in a new Debian root: installed, used, removed.
fresh-package: deb
	Tests/Fresh/package
