#!/usr/bin/env bash
# Runs in the guest of Tests/Camera/boot: `raut run` on the kernel's virtual camera, through each fault that the driver
# can be told to have.
set -euo pipefail
. Tests/Camera/guest.sh
camera() { v4l2-ctl -d /dev/video0 -c "$1"; }

# How many source events have this state, and a reason that begins so.
count() { jq -s "map(select(.event == \"source\" and .state == \"$1\" and (.reason | startswith(\"${2-}\")))) | length" "$events"; }
has() { [[ $(count "$1" "${3-}") == "$2" ]]; }

declare -A seen=([lost]=0 [troubled]=0)
# through NAME REASON COMMAND…: the command's fault is reported once, with this reason, and so is its end; `state` is
# what readers are told that the source is.
through() {
  local name=$1 reason=$2 before state=${state:-lost} end=back
  shift 2
  if [[ $state == troubled ]]; then end=recovered; fi
  before=$(count "$state" "$reason")
  seen[$state]=$((seen[$state] + 1))
  "$@"
  await 60 has "$state" $((before + 1)) "$reason" || fail "$name: no event that it is $state"
  ${recover:-true}
  await 60 has "$end" "${seen[$state]}" || fail "$name: no event that it is $end"
  kill -0 "$program" 2>/dev/null || fail "$name: the program has ended"
  has "$state" "${seen[$state]}" || fail "$name: reported more than once"
  pass "$name: $state and $end, each said once"
  sleep 1 # frames for the driver's next fault to meet
}

plain_webcam
: >"$events"; : >"$messages"
$raut run --headless --source vivid --size 320x180 --fps 10 --stats 1 >"$events" 2>"$messages" &
program=$!
await 120 test -s "$events" || fail "no hello"
# Not before frames come: until then it is still being opened.
await 120 grep -q 'raut: [1-9][0-9.]* frames/s' "$messages" || fail "no frames"

through "unplugged while streaming" "it was unplugged" camera disconnect=1
through "a streaming error" "the stream failed" camera inject_fatal_streaming_error=1
state=troubled through "a broken buffer" "the driver hands over broken frames" camera inject_v4l2_buf_flag_error=1
recover="camera percentage_of_dropped_buffers=0" state=troubled \
  through "half of the frames dropped" "the driver dropped" camera percentage_of_dropped_buffers=50
recover="camera percentage_of_dropped_buffers=0" \
  through "no frame, and no error" "no frame for 2 seconds" camera percentage_of_dropped_buffers=100
through "a refused buffer" "the driver refused VIDIOC_QBUF" camera inject_vidioc_qbuf_error=1
refuse_to_start() { camera inject_vidioc_streamon_error=1; camera inject_fatal_streaming_error=1; }
through "a start that is refused" "the stream failed" refuse_to_start

# Taken by another program: raut sleeps while the camera comes back and the other one is quicker.
unplug() { echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind; }
plug_in() { echo vivid.0 >/sys/bus/platform/drivers/vivid/bind; }
lend_to_another() {
  kill -STOP "$program"
  plug_in
  rm -f /tmp/other
  v4l2-ctl -d /dev/video0 --stream-mmap >/tmp/other 2>&1 &
  other=$!
  await 60 test -s /tmp/other || fail "busy: the other program gets no frames"
  kill -CONT "$program"
  sleep 3
  [[ $(grep -c 'busy: v4l2-ctl (process' "$messages") == 1 ]] || fail "busy: not said once who has the camera"
  has back $((seen[lost] - 1)) || fail "busy: back while another program has the camera"
  kill -KILL "$other"
  wait "$other" 2>/dev/null || true
}
recover=lend_to_another through "taken by another program" "" unplug

# Its old number stays taken, so that it comes back under another.
exec 9</dev/video0
recover=plug_in through "plugged in under another number" "" unplug
exec 9<&-
jq -se 'map(select(.event == "source")) | last | .reason == "/dev/video1"' "$events" >/dev/null \
  || fail "not back under its new number"

kill -TERM "$program"
status=0
wait "$program" || status=$?
[[ $status == 0 ]] || fail "SIGTERM: exit status $status"
jq -e . "$events" >/dev/null || fail "a line is no JSON"
pass "SIGTERM: a clean end, every line JSON"
