#!/usr/bin/env bash
# Runs in the guest of Tests/Camera/boot: the tests of Capture that take the kernel's virtual camera.
set -euo pipefail
. Tests/Camera/guest.sh
plain_webcam
RAUT_TEST_CAMERA=vivid .build/release/rautPackageTests.xctest --testing-library swift-testing \
  --filter "${1:-CameraTests}"
