#!/usr/bin/env bash
# Runs in the guest of Tests/Camera/boot: which camera `raut run` takes where there are two of one model, one is busy or
# gives nothing, and what it does while the clock that people set is moved.
set -euo pipefail
. Tests/Camera/guest.sh

# Two webcams of one model: /dev/video0 and /dev/video1.
twins() {
  unload_camera
  load vivid n_devs=2 node_types=0x1,0x1 num_inputs=1,1 input_types=0x0,0x0
  for device in 0 1; do v4l2-ctl -d /dev/video$device -c test_pattern=1,osd_text_mode=2; done
}
has_source() { jq -se "any(.event == \"source\" and .state == \"$1\")" "$events" >/dev/null; }
source_is() { jq -se "map(select(.event == \"hello\")) | last | .source == \"$1\"" "$events" >/dev/null; }
begin() { : >"$events"; : >"$messages"; $raut run --headless --size 320x180 --fps 10 "$@" >"$events" 2>"$messages" & program=$!; }
finish() {
  local began=${EPOCHREALTIME/./}
  kill -TERM "$program"
  status=0
  wait "$program" || status=$?
  [[ $status == 0 ]] || fail "$1: exit status $status"
  # Where everything is emulated, beside whatever else this machine does, seconds are what 200 ms are elsewhere.
  ((${EPOCHREALTIME/./} - began < 5000000)) || fail "$1: SIGTERM took longer than five seconds"
}

twins
begin --source /dev/video0
await 120 test -s "$events" || fail "twins: no hello"
sleep 3
# While somebody has it open, the virtual camera stays away.
exec 9</dev/video0
v4l2-ctl -d /dev/video0 -c disconnect=1
await 60 has_source lost || fail "twins: no event that the camera is lost"
sleep 5
has_source back && fail "twins: another camera was taken for the one that is lost"
pass "two of one model: the other one is not taken for the one that was unplugged"

# An hour back, and a day on: what is waited for comes all the same.
date -s "1 hour ago" >/dev/null
exec 9<&-
await 30 has_source back || fail "clock: not back after the clock was set back"
date -s "1 day" >/dev/null
sleep 2
kill -0 "$program" 2>/dev/null || fail "clock: the program has ended"
finish "twins"
jq -se 'map(select(.event == "source" and .state == "back")) | last | .reason == "/dev/video0"' "$events" >/dev/null \
  || fail "twins: back under another name"
pass "back as soon as it is plugged in again, with the clock set back an hour meanwhile"

rm -f /tmp/other
v4l2-ctl -d /dev/video0 --stream-mmap >/tmp/other 2>&1 &
other=$!
await 60 test -s /tmp/other || fail "busy: the other program gets no frames"
begin
await 120 test -s "$events" || fail "busy: no hello"
source_is /dev/video1 || fail "busy: not the camera that is free"
grep -q "busy: v4l2-ctl" "$messages" || fail "busy: not said why"
finish "busy"
kill -KILL "$other"
wait "$other" 2>/dev/null || true
pass "the first camera is busy: the next one is taken, and said"

rm -f /tmp/other
v4l2-ctl -d /dev/video0 --stream-mmap >/tmp/other 2>&1 &
other=$!
await 60 test -s /tmp/other || fail "busy and named: the other program gets no frames"
begin --source /dev/video0
await 120 grep -q "busy: v4l2-ctl.*: waiting for it" "$messages" || fail "busy and named: not said"
await 60 has_source lost || fail "busy and named: readers are not told"
kill -KILL "$other"
wait "$other" 2>/dev/null || true
await 60 has_source back || fail "busy and named: not taken when it is free"
[[ $(grep -c "waiting for it" "$messages") == 1 ]] || fail "busy and named: said more than once"
finish "busy and named"
pass "a named camera that is busy is waited for, said once, and taken when it is free"

v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=100
begin
await 120 test -s "$events" || fail "silent: no hello"
source_is /dev/video1 || fail "silent: not the camera that gives frames"
finish "silent"
v4l2-ctl -d /dev/video0 -c percentage_of_dropped_buffers=0
pass "the first camera gives nothing: the next one is taken"

begin --source /dev/video0 --rotate 90
await 120 test -s "$events" || fail "rotate: no hello"
jq -se 'map(select(.event == "hello")) | last | .width == 180 and .height == 320' "$events" >/dev/null \
  || fail "rotate: columns are not rows"
finish "rotate"
pass "turned by 90 degrees"
