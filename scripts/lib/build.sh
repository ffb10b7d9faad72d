# Sourced after common.sh and jdk.sh, with $root set: builds the engine when it is missing or older than its sources.

modules_dir=$root/engine/target/modules
build_stamp=$root/engine/target/modules.stamp

build_is_current() {
    [ -f "$build_stamp" ] && [ -d "$modules_dir" ] || return 1
    # Folders count too: a deleted file changes its folder's time.
    [ -z "$(find "$root/pom.xml" "$root/native-bindings/pom.xml" "$root/native-bindings/src/main" \
        "$root/kernels-cl/pom.xml" "$root/kernels-cl/src/main" "$root/engine/pom.xml" "$root/engine/src/main" \
        -newer "$build_stamp" 2>/dev/null | head -n 1)" ]
}

# Quiet on success; on failure what Maven said.
build_engine() {
    _log=$root/engine/target/build.log
    mkdir -p "$root/engine/target" || die "cannot write to $root/engine/target, where Sluice is built"
    _start=$root/engine/target/modules.started
    : >"$_start" # sources changed during the build are newer than this and have the next call build again
    rm -rf "$modules_dir" # a jar of an older version must not stay beside the new one
    say "sluice: building (the first time this takes a minute or two and downloads what Maven needs)"
    if ! (cd "$root" && ./mvnw -B --no-transfer-progress -pl engine -am -Dmaven.test.skip=true package) >"$_log" 2>&1 </dev/null; then
        # Maven's own advice at the end helps nobody here.
        { grep -E '^\[(ERROR|WARNING)\]' "$_log" || tail -n 20 "$_log"; } | sed '/re-run Maven/,$d' | head -n 30 >&2
        die "the build failed; all of Maven's output is in $_log"
    fi
    mv "$_start" "$build_stamp"
}

# ensure_built: one process builds at a time, the others wait for it.
ensure_built() {
    build_is_current && return 0
    mkdir -p "$root/engine/target" || die "cannot write to $root/engine/target, where Sluice is built"
    _lock=$root/engine/target/build.lock
    while ! (set -C && echo $$ >"$_lock") 2>/dev/null; do
        _owner=$(cat "$_lock" 2>/dev/null) || continue
        if [ -n "$_owner" ] && ! kill -0 "$_owner" 2>/dev/null; then
            rm -f "$_lock" # its owner was killed
        else
            sleep 1
        fi
    done
    trap 'rm -f "$_lock"' EXIT
    trap 'exit 130' INT TERM HUP
    build_is_current || build_engine
    rm -f "$_lock"
    trap - EXIT INT TERM HUP
}
