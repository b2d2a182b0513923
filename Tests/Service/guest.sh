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
mkdir -p /etc/systemd/system/raut.service.d
# Slow as the guest is, a frame may take seconds.
printf '[Service]\nWatchdogSec=45\n' >/etc/systemd/system/raut.service.d/quick.conf
systemctl daemon-reload
udevadm control --reload
plain_webcam

verified=$(systemd-analyze verify /etc/systemd/system/raut.service /etc/systemd/system/raut.socket 2>&1 || true)
[[ -z $verified ]] || { echo "$verified"; stop "systemd-analyze verify speaks"; }
pass "systemd-analyze verify is silent"

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
