#!/usr/bin/env bash
# Runs in the guest of Tests/Camera/boot: `raut run` on a face that another program writes to the virtual camera's output.
set -euo pipefail
. Tests/Camera/guest.sh

loop_back
# In the format that raut takes first of those the driver offers.
v4l2-ctl -d /dev/video1 --set-fmt-video-out=width=640,height=480,pixelformat=YU12 --stream-out-mmap \
  --stream-from=.build/camera/face.yuv --stream-loop >/tmp/writer 2>&1 &
writer=$!
await 60 test -s /tmp/writer || fail "nothing is written"
$raut run --headless --source /dev/video0 --events frames --frames 8 >"$events" 2>"$messages" \
  || fail "a face: exit status $?"
kill "$writer"
wait "$writer" 2>/dev/null || true
# It lies at 242, 59 in the picture and is 96 wide.
jq -se '[.[] | select(.event == "frame") | .faces[] | .box
         | select((.[0] + .[2] / 2 - 290 | fabs) < 15 and (.[1] + .[3] / 2 - 107 | fabs) < 15)] | length > 0' \
  "$events" >/dev/null || fail "no face where one is"
pass "a face written to the output is found at the capture side"
