# For scripts that run in the guest of Tests/Camera/boot: modules, and what happens to the virtual camera.

# load NAME [OPTION…]: loads a kernel module and those it depends on.
load() {
  local name=$1 file
  shift
  while read -r file; do
    if [[ $file == "$name".ko* ]]; then
      insmod "/run/modules/$file" "$@"
    elif ! grep -q "^$(basename "${file%%.ko*}" | tr - _) " /proc/modules; then
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

# A capture node, /dev/video0, that shows what is written to an output node, /dev/video1.
loop_back() {
  unload_camera
  load vivid n_devs=1 node_types=0x101 num_inputs=1 input_types=0x3 num_outputs=1 output_types=0x1
  v4l2-ctl -d /dev/video1 -c loop_video=1 >/dev/null
}

unload_camera() {
  if grep -q '^vivid ' /proc/modules; then rmmod vivid; fi
}
