#!/usr/bin/env bash
# Runs as a service of systemd in the guest of Tests/Camera/boot: raut's own units, as they are installed, on the
# kernel's virtual camera.
set -euo pipefail
. Tests/Camera/guest.sh
lines=/tmp/lines
: >"$events"; : >"$messages"

say_all() {
  journalctl --no-pager -n 60 >"$messages" 2>&1 || true
  tail -n 5 "$lines" >"$events" 2>/dev/null || true
}
stop() { say_all; fail "$@"; }

# A reader as a robot's program would be one.
reader() { socat -u "UNIX-CONNECT:$1" - >"$lines" 2>/dev/null & }
has_line() { grep -q "$1" "$lines"; }
hellos() { [[ $(grep -c '"event":"hello"' "$lines") == "$1" ]]; }
is_active() { [[ $(systemctl is-active "$1") == active ]]; }
# journal_says UNIT TEXT: in a variable, for a pipe that is closed early would count as a failure.
journal_says() { local lines; lines=$(journalctl --no-pager -u "$1"); [[ $lines == *"$2"* ]]; }
property() { systemctl show --value -p "$1" "$2"; }

cp -r /usr/local/lib/systemd/system/. /etc/systemd/system/
mkdir -p /etc/udev/rules.d && cp /usr/local/lib/udev/rules.d/*.rules /etc/udev/rules.d/
printf 'source = /dev/video0\nsize = 320x180\nfps = 5\n' >/etc/raut.conf
# As it is installed: not for everybody.
chgrp video /etc/raut.conf && chmod 640 /etc/raut.conf
mkdir -p /etc/systemd/system/raut.service.d
# Slow as the guest is, a frame may take seconds.
printf '[Service]\nWatchdogSec=45\n' >/etc/systemd/system/raut.service.d/quick.conf
systemctl daemon-reload
udevadm control --reload
plain_webcam

verified=$(systemd-analyze verify /etc/systemd/system/raut.service /etc/systemd/system/raut.socket 2>&1 || true)
[[ -z $verified ]] || { echo "$verified"; stop "systemd-analyze verify speaks"; }
pass "systemd-analyze verify is silent"

for unit in raut.service raut@video0.service; do
  exposure=$(systemd-analyze security --no-pager "$unit" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\) .*/\1/p')
  awk -v e="$exposure" 'BEGIN { exit !(e != "" && e <= 1.5) }' || stop "$unit: exposure '$exposure'"
done
pass "systemd-analyze security says at most 1.5 (last: $exposure)"

systemctl start raut.socket
[[ $(stat -c %a:%G /run/raut/events) == 660:video ]] || stop "the socket file is $(stat -c %a:%G /run/raut/events)"
reader /run/raut/events
await 120 has_line '"event":"hello"' || stop "no hello for a reader of the socket"
is_active raut.service || stop "raut.service is $(systemctl is-active raut.service)"
pass "a reader of raut.socket starts raut.service and gets hello"
await 60 eval '[[ $(property StatusText raut.service) == *frames/s ]]' || stop "status '$(property StatusText raut.service)'"
pass "READY, and a status: $(property StatusText raut.service)"
[[ $(ps -o user= -p "$(property MainPID raut.service)") != root ]] || stop "it runs as root"

echo 'events = frames' >>/etc/raut.conf
systemctl reload raut.service
await 60 hellos 2 || stop "reload: no new hello"
await 60 has_line '"event":"frame"' || stop "reload: the new options do not count"
echo 'sise = 1x1' >>/etc/raut.conf
systemctl reload raut.service
await 60 journal_says raut.service '/etc/raut.conf, line 5: unknown option --sise' || stop "a wrong option is not said"
is_active raut.service || stop "a wrong option ends it"
sed -i '$d' /etc/raut.conf
pass "reload reads the options again; a wrong one is said and changes nothing"

echo 'model = nowhere' >>/etc/raut.conf
systemctl reload raut.service
await 60 journal_says raut.service 'everything stays as it was' || stop "a missing model is not said"
is_active raut.service || stop "a missing model ends it"
sed -i '$d' /etc/raut.conf
before=$(grep -c '"event":"frame"' "$lines")
await 60 eval '[[ $(grep -c "\"event\":\"frame\"" "$lines") -gt $before ]]' || stop "no frames after a reload that failed"
! has_line '"state":"lost"' || stop "a reload is a loss to readers"
pass "reload with a model that is not there: said, and frames go on"

# Somebody sets the clock: an hour back, then two hours on.
pings() { property WatchdogTimestampMonotonic raut.service; }
for change in '-1 hour' '+2 hours'; do
  date -s "$change" >/dev/null
  before=$(pings)
  frames=$(grep -c '"event":"frame"' "$lines")
  await 40 eval '[[ $(pings) != "$before" ]]' || stop "clock $change: no ping for the watchdog"
  await 40 eval '[[ $(grep -c "\"event\":\"frame\"" "$lines") -gt $frames ]]' || stop "clock $change: no frames"
  unplugged=$(grep -c '"state":"back"' "$lines") || true
  echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
  await 60 has_line '"state":"lost"' || stop "clock $change: the unplugged camera is not lost"
  date -s "$change" >/dev/null
  echo vivid.0 >/sys/bus/platform/drivers/vivid/bind
  await 60 eval '[[ $(grep -c "\"state\":\"back\"" "$lines") -gt $unplugged ]]' || stop "clock $change: the camera is not back"
done
pass "the clock set back and forward: frames, pings, and a camera that comes back"

before=$(property MainPID raut.service)
kill -STOP "$before"
await 120 eval '[[ $(property NRestarts raut.service) -ge 1 ]]' || stop "the watchdog lets a stuck one be"
await 120 is_active raut.service || stop "not started again"
[[ $(property MainPID raut.service) != "$before" ]] || stop "still the stuck one"
reader /run/raut/events
await 120 has_line '"event":"frame"' || stop "no events after the restart"
pass "the watchdog kills a stuck instance, and the next one serves readers"

systemctl stop raut.socket raut.service
[[ $(property Result raut.service) == success ]] || stop "stopping it: $(property Result raut.service)"
pass "it stops when told to"

# --- a page for browsers, by the drop-in that is installed beside it
install -D -m 644 /usr/local/share/doc/raut/http.conf /etc/systemd/system/raut.service.d/http.conf
echo 'http = 8080' >>/etc/raut.conf
systemctl daemon-reload
# ask PATH: the answer of the page's server, its head and what follows.
ask() {
  printf 'GET %s HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n' "$1" \
    | socat -t 20 - TCP:127.0.0.1:8080 2>/dev/null
}
answers() { local answer; answer=$(ask "$1") && [[ $answer == "HTTP/1.1 $2 "*"$3"* ]]; }
verified=$(systemd-analyze verify /etc/systemd/system/raut.service 2>&1 || true)
[[ -z $verified ]] || { echo "$verified"; stop "systemd-analyze verify speaks of the drop-in"; }
systemctl start raut.service
await 120 answers /healthz 200 ok || stop "http: /healthz says '$(ask /healthz)'"
answers /metrics 200 raut_frames || stop "http: /metrics says '$(ask /metrics)'"
answers / 200 '<html' || stop "http: no page"
[[ $(ps -o user= -p "$(property MainPID raut.service)") != root ]] || stop "http: it runs as root"
echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
await 60 answers /healthz 503 '' || stop "http: well without a camera: '$(ask /healthz)'"
echo vivid.0 >/sys/bus/platform/drivers/vivid/bind
await 120 answers /healthz 200 ok || stop "http: not well once the camera is back: '$(ask /healthz)'"
systemctl stop raut.socket raut.service
[[ $(property Result raut.service) == success ]] || stop "http: stopping it: $(property Result raut.service)"
rm /etc/systemd/system/raut.service.d/http.conf
sed -i '/^http/d' /etc/raut.conf
systemctl daemon-reload
pass "the drop-in for --http: a page, metrics, and /healthz that follows the camera"

# --- without a camera it waits for one, and says so; standard output on a full file system
echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
systemctl start raut.service
is_active raut.service || stop "without a camera it does not start"
await 60 journal_says raut.service 'waiting for it' || stop "nothing says that a camera is waited for"
reader /run/raut/events
await 60 has_line '"event":"hello"' || stop "no hello without a camera"
echo vivid.0 >/sys/bus/platform/drivers/vivid/bind
await 120 has_line '"event":"frame"' || stop "no frames once there is a camera"
! has_line '"source":"demo"' || stop "the demo is shown as a camera"
systemctl stop raut.socket raut.service
pass "without a camera it waits, says so, and serves readers once there is one"

mkdir -p /tmp/full && mount -t tmpfs -o size=64k none /tmp/full
head -c 65536 /dev/zero >/tmp/full/filler 2>/dev/null || true
$raut run --headless --source demo --size 160x120 --fps 2 --events frames --socket /tmp/full.socket \
  >/tmp/full/events 2>"$messages" &
program=$!
await 60 grep -q 'standard output: cannot write: No space left on device' "$messages" || stop "a full disk is not said"
kill -0 "$program" || stop "a full disk ends it, though there is a socket"
rm /tmp/full/filler
await 60 grep -q 'events are written again' "$messages" || stop "not written again when there is room"
await 60 grep -q '"event":"frame"' /tmp/full/events || stop "no events on the disk that has room"
kill "$program"; wait "$program" || stop "exit status $?"
pass "a full file system under standard output: said once, and written again when there is room"

# --- an instance for a camera that is plugged in, where that is wanted
sed -i '/^source/d' /etc/raut.conf
echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
touch /etc/raut.autostart
echo vivid.0 >/sys/bus/platform/drivers/vivid/bind
await 120 is_active raut@video0.service || stop "no instance for the camera: $(systemctl is-active raut@video0.service)"
await 60 test -S /run/raut-video0/events || stop "no socket of the instance"
reader /run/raut-video0/events
await 60 has_line '"source":"/dev/video0"' || stop "the instance serves another camera"
pass "a camera that is plugged in gets its instance"
echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind
await 60 eval '! is_active raut@video0.service' || stop "its instance goes on without the camera"
pass "and loses it when it is unplugged"
echo "all passed"
