# What script/test and script/demo need from this computer; sourced by both, never run.
# Each function prints what is there, installs what is not, and with --no-install only says so.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$repository"

# Debian keeps daemons such as mosquitto where only root looks.
export PATH="$PATH:/usr/sbin:/sbin"

install=yes
missing=()
wanted_packages=()

read_options() {
    for option in "$@"; do
        case "$option" in
        --no-install) install=no ;;
        *)
            printf 'usage: %s [--no-install]\n' "$0" >&2
            exit 2
            ;;
        esac
    done
}

say() { printf '%s\n' "$*"; }

# need_cargo: from the distribution's rustup where it has one (Debian 13, Ubuntu 24.04), which brings
# the Rust that rust-toolchain.toml names. For other systems rustup.rs tells how.
need_cargo() {
    if command -v cargo >/dev/null; then
        say "have   $(cargo --version)"
    elif apt-cache show rustup >/dev/null 2>&1; then
        need_package rustup command -v cargo
    else
        say "error: no cargo; install Rust 1.95 or newer with rustup (rust-toolchain.toml names it)" >&2
        exit 1
    fi
}

# need_package PACKAGE COMMAND...: a Debian package, unless the shell command already succeeds.
need_package() {
    local package=$1
    shift
    if "$@" >/dev/null 2>&1; then
        say "have   $package"
    else
        say "needs  $package"
        wanted_packages+=("$package")
    fi
}

# need_npm_packages FOLDER: those of its lock file; `cargo xtask dashboard` installs them.
need_npm_packages() {
    local folder=$1
    if cmp --silent "$folder/package-lock.json" "$folder/node_modules/.installed-from"; then
        say "have   the npm packages of $folder"
    elif [ "$install" = no ]; then
        missing+=("(cd $folder && npm ci && cp package-lock.json node_modules/.installed-from)")
    else
        say "needs  the npm packages of $folder/package-lock.json"
    fi
}

install_packages() {
    if [ ${#wanted_packages[@]} -eq 0 ]; then return; fi
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
    local command=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get install --yes --no-install-recommends "${wanted_packages[@]}")
    if [ "$install" = no ]; then
        missing+=("${command[*]}")
        return
    fi
    say "installing ${wanted_packages[*]}"
    "${as_root[@]}" apt-get update --quiet=2
    "${command[@]}" --quiet=2
}

# need_python: what requirements.txt names, in a virtual environment of their own, under target/.
need_python() {
    local environment="${CARGO_TARGET_DIR:-$repository/target}/python"
    local requirements=script/requirements.txt
    if cmp --silent "$requirements" "$environment/installed.txt"; then
        say "have   the Python packages in $environment"
    elif [ "$install" = no ]; then
        missing+=("python3 -m venv $environment && $environment/bin/pip install -r $requirements")
        return
    else
        say "installing the Python packages in $environment"
        python3 -m venv --clear "$environment"
        "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$requirements"
        cp "$requirements" "$environment/installed.txt"
    fi
    # Tests and benchmarks that compare with cantools start this Python.
    export V2X_PYTHON="$environment/bin/python3"
    export PATH="$environment/bin:$PATH"
}

# need_target TRIPLE: the compiler's library for another chip. Without rustup it cannot be had, and
# the check that needs it says that it was skipped.
need_target() {
    local target=$1
    if [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]; then
        say "have   $target"
    elif ! command -v rustup >/dev/null; then
        say "without $target: there is no rustup to install it with"
    elif [ "$install" = no ]; then
        missing+=("rustup target add $target")
    else
        say "installing $target"
        rustup --quiet target add "$target" || say "without $target: rustup could not install it"
    fi
}

# need_cargo_tool NAME VERSION: a cargo subcommand, built once for all checkouts of this user.
need_cargo_tool() {
    local name=$1 version=$2
    if cargo "${name#cargo-}" --version >/dev/null 2>&1; then
        say "have   $name"
    elif [ "$install" = no ]; then
        missing+=("cargo install --locked $name@$version")
    else
        say "building $name $version; this takes some minutes, once"
        cargo install --quiet --locked "$name@$version"
    fi
}

# need_espflash VERSION: what makes images for the boards' flash, without its parts for other uses.
need_espflash() {
    local version=$1
    local features=(--no-default-features --features cli)
    if command -v espflash >/dev/null; then
        say "have   espflash"
    elif [ "$install" = no ]; then
        missing+=("cargo install --locked ${features[*]} espflash@$version")
    else
        say "building espflash $version; this takes two minutes, once"
        cargo install --quiet --locked "${features[@]}" "espflash@$version"
    fi
}

# With --no-install: what is missing, as commands, and the end.
stop_if_missing() {
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    say "missing; install it with" >&2
    printf '  %s\n' "${missing[@]}" >&2
    exit 1
}
