# A new Debian 12 root for the scripts beside this file: "make_root", then "inside USER COMMAND".
#
# Sets root and fresh; takes keep and MIRROR (debootstrap's own where not set). The user visitor may use sudo.

[ "$(id -u)" = 0 ] || { echo "$0: needs root" >&2; exit 1; }
fresh=${FRESH:-/var/tmp/raut-fresh}
root=$fresh/root.$$

say() { printf '\n== %s\n' "$*"; }
fail() { echo "${0##*/}: $*" >&2; exit 1; }

# Debian, make, git and sudo, and no more; made once and copied.
make_root() {
    local base=$fresh/base
    if [ ! -e "$base/.done" ]; then
        say "debootstrap bookworm"
        mkdir -p "$fresh"
        rm -rf --one-file-system "$base"
        debootstrap --variant=minbase --include=ca-certificates,make,git,sudo bookworm "$base" \
            ${MIRROR:+"$MIRROR"} >"$fresh/debootstrap.log"
        touch "$base/.done"
    fi
    trap clean EXIT
    mkdir -p "$root"
    cp -a --reflink=auto "$base/." "$root"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    mount -t proc proc "$root/proc"
    # No camera and no display: a /dev of its own.
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    mkdir "$root/dev/pts"
    mkdir -m 1777 "$root/dev/shm"
    for device in null zero full random urandom tty; do cp -a "/dev/$device" "$root/dev/$device"; done
    ln -s /proc/self/fd "$root/dev/fd"
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    chroot "$root" useradd --create-home --shell /bin/bash visitor
    echo 'visitor ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/visitor"
}

clean() {
    for at in opt/swift proc dev/pts dev; do
        ! mountpoint -q "$root/$at" || umount -l "$root/$at"
    done
    [ -n "${keep:-}" ] || rm -rf --one-file-system "$root"
}

# inside USER COMMAND: what that user types, from the home folder.
inside() {
    env -i /usr/sbin/chroot --userspec="$1:$1" --groups= "$root" /usr/bin/env USER="$1" LANG=C.UTF-8 \
        HOME="$(chroot "$root" sh -c "echo ~$1")" \
        PATH=/opt/swift/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        bash -c "cd; $2"
}
