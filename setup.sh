#!/usr/bin/env bash
# Installs what is missing, gets LibTorch, builds, and then does what it was asked for.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'EOF'
Examples:
  ./setup.sh run      build what experiments/quickstart.yaml uses, run it, then build the other plugins
  ./setup.sh test     set up, and run the whole test suite, part of it under sanitizers too, and a short fuzzing
  ./setup.sh build    set up and build only
  ./setup.sh soak     the long tests: kills, damaged files and hostile bytes, for many hours

Needs Debian 12 or a relative (apt), root or sudo for what is missing, and a network for the first time.
ASSAY_LIBTORCH=DIR uses a LibTorch 2.11.0 that is there already; ASSAY_DATA=DIR adds real data sets to the tests.
EOF
}

PACKAGES=(g++ cmake ninja-build ccache git python3 python3-pip python3-venv
  libboost-dev libboost-program-options-dev libboost-filesystem-dev libyaml-cpp-dev libfmt-dev catch2
  libsqlite3-dev libsqlitecpp-dev coinor-libclp-dev libeigen3-dev liblinear-dev nlohmann-json3-dev zlib1g-dev libcairo2-dev pkg-config libutfcpp-dev libmimalloc-dev nettle-dev libjs-dygraphs dataset-fashion-mnist)
TEST_PACKAGES=(clang libclang-rt-14-dev munge slurm-wlm chromium chromium-driver)  # sanitizers, fuzzing, a cluster of one node, a browser

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
[ -t 2 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '==> %s\n' "$*" >&2; }
fail() { printf 'setup.sh: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "installing packages needs root: run it as root, or install sudo"; fi
}

# A package counts as there when what it brings is there, so a machine that has g++ or cmake from
# elsewhere is left alone.
missing_packages() {
  local package
  for package in "$@"; do
    case "$package" in
      g++|cmake|ccache|git|python3) command -v "$package" >/dev/null && continue ;;
      ninja-build) command -v ninja >/dev/null && continue ;;
      python3-pip) python3 -m pip --version >/dev/null 2>&1 && continue ;;
      python3-venv) python3 -c 'import ensurepip, venv' 2>/dev/null && continue ;;
    esac
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

# $@: what must be there.
install_packages() {
  command -v apt-get >/dev/null ||
    fail "apt-get is not here; install the equivalents of: $*, then: cmake --preset release && cmake --build --preset release"
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installing with apt: ${missing[*]}"
  as_root apt-get update -qq || fail "apt-get update failed: is there a network, and are the sources in /etc/apt right?"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    fail "apt-get could not install: ${missing[*]} (see its output above)"
}

# $1: a preset, $2: what of it, all unless told.
build() {
  local jobs memory preset=$1
  memory=$(awk '/MemAvailable/ {print int($2 / 2097152)}' /proc/meminfo)  # a LibTorch file takes up to 2 GiB
  jobs=$(nproc); [ "$memory" -ge 1 ] || memory=1; [ "$jobs" -le "$memory" ] || jobs=$memory
  if [ -d "build/$preset" ]; then say "building what has changed"; else say "building build/$preset, which takes several minutes the first time"; fi
  cmake --preset "$preset" ${ASSAY_DATA:+-DASSAY_DATA="$ASSAY_DATA"} >build.log 2>&1 || { cat build.log >&2; fail "configuring failed; see its output above"; }
  cmake --build --preset "$preset" --target "${2:-all}" -j "$jobs" >>build.log 2>&1 || { tail -n 60 build.log >&2; fail "building failed; the complete output is in build.log"; }
  rm -f build.log
}

# The packages from PyPI against which the tests compare. Without a network those tests skip.
test_python() {
  local venv="${XDG_CACHE_HOME:-$HOME/.cache}/assay/test-venv" wanted=tests/python
  if ! cat "$wanted"/requirements*.txt | cmp -s - "$venv/requirements.txt"; then
    say "installing the tests' Python packages into $venv"
    # torch itself is that of LibTorch: tests/python/libtorch.py
    python3 -m venv "$venv" && "$venv/bin/pip" install -q --disable-pip-version-check -r "$wanted/requirements.txt" &&
      "$venv/bin/pip" install -q --disable-pip-version-check --no-deps -r "$wanted/requirements-torch.txt" &&
      cat "$wanted"/requirements*.txt >"$venv/requirements.txt" ||
      { say "pip could not; tests that need a Python package will skip"; return 0; }
  fi
  export ASSAY_TEST_PYTHON="$venv/bin/python"
}

case "${1:-}" in
  run)
    install_packages "${PACKAGES[@]}"
    build release quickstart
    status=0
    build/release/bin/assay run experiments/quickstart.yaml "${@:2}" || status=$?
    say "building the other plugins"
    build release programs
    exit "$status"
    ;;
  test)
    install_packages "${PACKAGES[@]}" "${TEST_PACKAGES[@]}"
    test_python
    build release
    ctest --test-dir build/release --output-on-failure -j "$(nproc)" "${@:2}"
    build checked checked
    ctest --test-dir build/checked --output-on-failure -j "$(nproc)" -L checked "${@:2}"
    ;;
  soak)
    install_packages "${PACKAGES[@]}" "${TEST_PACKAGES[@]}"
    test_python
    build release
    build checked checked
    export ASSAY_SOURCE=$PWD
    python3 tests/faults/kills.py --kills 1400
    ASSAY_DAMAGES=1000 TMPDIR=/dev/shm build/release/bin/faults_test
    ASSAY_TEST_MUTATIONS=100000 build/release/bin/core_test
    python3 tests/fuzz/run.py --inputs 10000000
    ;;
  build)
    install_packages "${PACKAGES[@]}"
    build release
    ;;
  -h|--help) usage ;;
  *) usage >&2; exit 2 ;;
esac
