#!/bin/sh
# Installs v2x from the archive this script came with, or takes it away again. Asking twice changes
# nothing more than asking once; settings and data are never overwritten.
#
#   sudo ./install.sh vehicle             the vehicle computer
#   sudo ./install.sh station             the charging station
#   sudo ./install.sh hub                 the hub, for those without ThingsBoard
#   sudo ./install.sh --uninstall         program, units and rules; settings and data stay
#   sudo ./install.sh --uninstall --purge and settings, data and user too
#
# --root DIR puts everything below DIR instead and starts nothing, for images and packages.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=
roles=
remove=no
purge=no

fail() {
    printf 'error: %s\n' "$1" >&2
    exit "${2:-1}"
}

usage() { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '$d'; }

while [ $# -gt 0 ]; do
    case $1 in
    vehicle | station | hub) roles="$roles $1" ;;
    --root)
        [ $# -ge 2 ] || fail "--root wants a folder" 2
        root=${2%/}
        shift
        ;;
    --uninstall) remove=yes ;;
    --purge) purge=yes ;;
    -h | --help)
        usage
        exit 0
        ;;
    *)
        usage >&2
        fail "what is '$1'?" 2
        ;;
    esac
    shift
done

binary=$root/usr/local/bin/v2x
units=$root/etc/systemd/system
rules=$root/etc/udev/rules.d/99-v2x.rules
settings=$root/etc/v2x
documents=$root/usr/local/share/doc/v2x

# Whether this is about the system that runs, and that has systemd.
is_live() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

[ -n "$root" ] || [ "$(id -u)" -eq 0 ] || fail "run it as root: sudo $0 ..."

uninstall() {
    if is_live; then
        systemctl disable --now v2x-vehicle.service v2x-station.service v2x-hub.service \
            2>/dev/null || true
    fi
    rm -f "$binary" "$units/v2x-vehicle.service" "$units/v2x-station.service" \
        "$units/v2x-hub.service" "$rules"
    rm -rf "$documents"
    if is_live; then
        systemctl daemon-reload
        udevadm control --reload || true
    fi
    if [ "$purge" = yes ]; then
        rm -rf "$settings" "$root/var/lib/v2x" "$root/var/lib/v2x-station" "$root/var/lib/v2x-hub"
        if [ -z "$root" ] && id v2x >/dev/null 2>&1; then userdel v2x; fi
        echo "removed, with settings, data and user"
    else
        echo "removed; settings in $settings and data in $root/var/lib/v2x* are still there"
    fi
}

# put MODE FILE PLACE: a reader of the place sees the old file or the new one, never half of one.
put() {
    install -m "$1" "$2" "$3.new"
    mv -f "$3.new" "$3"
}

install_all() {
    "$here/v2x" --version >/dev/null ||
        fail "v2x does not run here; is this the archive for $(uname -m)?"
    install -d "$root/usr/local/bin" "$units" "$root/etc/udev/rules.d" "$documents"
    if [ -z "$root" ] && ! id v2x >/dev/null 2>&1; then
        useradd --system --no-create-home --shell /usr/sbin/nologin --groups dialout v2x
    fi
    put 755 "$here/v2x" "$binary"
    put 644 "$here/deploy/99-v2x.rules" "$rules"
    cp -R "$here/docs/." "$documents/"
    install -d -m 750 "$settings"
    for role in $roles; do
        put 644 "$here/deploy/v2x-$role.service" "$units/v2x-$role.service"
        if [ ! -e "$settings/$role.toml" ]; then
            install -m 640 "$here/deploy/$role.toml" "$settings/$role.toml"
        fi
    done
    if [ -z "$root" ]; then chgrp -R v2x "$settings"; fi
    if is_live; then
        systemctl daemon-reload
        udevadm control --reload && udevadm trigger --subsystem-match=tty || true
    fi
    echo "installed: $("$here/v2x" --version)"
    for role in $roles; do
        old=$units/twizy_evcs.service
        if [ "$role" = station ] && [ -f "$old" ] && [ ! -L "$old" ]; then
            echo "the prototype's unit is in the way; take it away first:"
            echo "  systemctl disable --now twizy_evcs; mv $old $old.prototype"
        fi
        echo "next: write $settings/$role.toml, then"
        case $role in
        hub) echo "  v2x config check $settings/$role.toml" ;;
        *) echo "  sudo -u v2x v2x doctor --config $settings/$role.toml" ;;
        esac
        echo "  systemctl enable --now v2x-$role"
    done
}

if [ "$remove" = yes ]; then
    uninstall
elif [ -z "$roles" ]; then
    usage >&2
    fail "which role: vehicle, station or hub?" 2
else
    install_all
fi
