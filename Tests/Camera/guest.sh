# For scripts that run in the guest of Tests/Camera/boot: modules, and what happens to the virtual camera.

# load NAME [OPTION…]: loads a kernel module and those it depends on. By bash alone: a program takes its time here.
load() {
  local name=$1 file module
  shift
  while read -r file; do
    module=${file%%.ko*}
    if [[ $module == "$name" ]]; then
      insmod "/run/modules/$file" "$@"
    elif [[ ! -d /sys/module/${module//-/_} ]]; then
      insmod "/run/modules/$file" 2>/dev/null || true
    fi
  done <"/run/modules/$name.needs"
}

# A webcam with a test pattern, and nothing written over it: /dev/video0.
plain_webcam() {
  unload_camera
  load vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0x0
  v4l2-ctl -d /dev/video0 -c test_pattern=1,osd_text_mode=2
}

# A capture node, /dev/video0, that shows what is written to an output node, /dev/video1: both speak HDMI, in 640x480.
# The driver loops only where both ends have the same format.
loop_back() {
  unload_camera
  load vivid n_devs=1 node_types=0x101 num_inputs=1 input_types=0x3 num_outputs=1 output_types=0x1
  v4l2-ctl -d /dev/video0 --set-dv-bt-timings index=0 -c loop_video=1,osd_text_mode=2 >/dev/null
  v4l2-ctl -d /dev/video1 --set-dv-bt-timings index=0 >/dev/null
}

unload_camera() {
  if [[ -d /sys/module/vivid ]]; then rmmod vivid; fi
}

# For the checks of `raut run`: the program, its events and its messages.
raut=.build/release/raut
events=/tmp/events
messages=/tmp/messages

pass() { echo "✔ $*"; }

fail() {
  echo "✘ $*"
  echo "--- events"; cat "$events"
  echo "--- messages"; cat "$messages"
  exit 1
}

# await SECONDS COMMAND…: until the command succeeds.
await() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}
