# Sourced after common.sh and build.sh, by bash, with $root and $JAVA_HOME set: the JVM's ahead-of-time cache (JEP 483 and
# 515), which holds the classes of a start already loaded and linked and knows which methods to compile first.
# docs/adr/0008-start-cache.md says why it is as it is.
#
# SLUICE_START_CACHE=off does without; =wait has a missing one made before the run instead of behind it.

# use_start_cache VARIANT FLAG…: sets $start_cache_flags for a JVM that is started with these flags, and $start_cache_note. A
# cache that is missing or outdated is made by a process of low priority; this run does without it. Whatever goes wrong
# here, the run goes on: the JVM itself ignores a cache that does not fit.
use_start_cache() {
    _variant=$1
    shift
    start_cache_flags=()
    start_cache_note="off (SLUICE_START_CACHE=off)"
    [ "${SLUICE_START_CACHE:-on}" != off ] || return 0
    start_cache_note="none (no folder to keep it in: set HOME or SLUICE_CACHE_DIR)"
    [ -n "${SLUICE_CACHE_DIR:-}${XDG_CACHE_HOME:-}${HOME:-}" ] || return 0
    _folder=${SLUICE_CACHE_DIR:-${XDG_CACHE_HOME:-${HOME:-}/.cache}/sluice}/start

    # All that decides whether a cache fits, and that the JVM would not find out without a word on the terminal.
    _release=
    if [ -r "$JAVA_HOME/release" ]; then
        IFS= read -r -d '' _release <"$JAVA_HOME/release" || true # the end of the file is no failure
    fi
    _key="$JAVA_HOME $* $_release"
    _name=${root//[!A-Za-z0-9]/_}
    _cache=$_folder/${_name: -100}.$_variant
    [ "${#_name}" -ge 100 ] || _cache=$_folder/$_name.$_variant

    if start_cache_is_current; then
        # What the JVM has to say of a cache that does not fit is for those who ask.
        start_cache_flags=("-XX:AOTCache=$_cache.aot" -Xlog:aot=off -Xlog:cds=off)
        start_cache_note=$_cache.aot
        return 0
    fi
    _have=
    if [ -r "$_cache.failed" ]; then
        IFS= read -r -d '' _have <"$_cache.failed" || true
    fi
    if [ "$_have" = "$_key" ] && [ ! "$build_stamp" -nt "$_cache.failed" ]; then
        start_cache_note="none (it could not be made: $_cache.log says why; remove $_cache.failed to try again)"
    elif ! mkdir -p "$_folder" 2>/dev/null || [ ! -w "$_folder" ]; then
        start_cache_note="none ($_folder cannot be written)"
    elif [ "${SLUICE_START_CACHE:-on}" = wait ]; then
        make_start_cache "$@" </dev/null >/dev/null 2>&1
        for ((_i = 0; _i < 600; _i++)); do # another process may be making it, or have been killed at it
            [ -d "$_cache.lock" ] || break
            sleep 1
        done
        if start_cache_is_current; then
            start_cache_flags=("-XX:AOTCache=$_cache.aot" -Xlog:aot=off -Xlog:cds=off)
            start_cache_note="$_cache.aot (just made)"
        else
            start_cache_note="none (it could not be made: $_cache.log says why)"
        fi
    else
        # A grandchild, so that it does not end with this process, and nobody has to wait for it.
        ( (trap '' HUP INT; make_start_cache "$@") </dev/null >/dev/null 2>&1 9>&- & )
        start_cache_note="none yet (it is being made: $_cache.aot)"
    fi
}

start_cache_is_current() {
    _have=
    if [ -r "$_cache.key" ] && [ -r "$_cache.aot" ]; then
        IFS= read -r -d '' _have <"$_cache.key" || true
    fi
    [ "$_have" = "$_key" ] && [ "$_cache.aot" -nt "$build_stamp" ]
}

# practise OPTION FLAG…: the JVM with these flags writes a cache of what it does.
practise() {
    _option=$1
    shift
    _limit=
    have timeout && _limit='timeout 240'
    # Without the thorough compiler, or it would be told to compile at every start what practice had it compile.
    # From a folder that stays: the JVM starts another one at its end, which does not run in one that was removed.
    # shellcheck disable=SC2086  # a command and its argument, or nothing
    (cd "$_folder" && LD_PRELOAD='' JAVA_TOOL_OPTIONS='' exec nice -n 19 $_limit "$JAVA_HOME/bin/java" "-XX:AOTCacheOutput=$_cache.new" -XX:TieredStopAtLevel=1 "$@" \
        -m dev.sluice/dev.sluice.cli.Main practice $_option) && [ -s "$_cache.new" ]
}

# One process makes a cache at a time. It appears whole or not at all: first the cache, then the key that says what for.
make_start_cache() {
    _lock=$_cache.lock
    if ! mkdir "$_lock" 2>/dev/null; then
        # A lock of ten minutes ago is one whose owner was killed.
        [ -n "$(find "$_lock" -maxdepth 0 -mmin +10 2>/dev/null)" ] && rmdir "$_lock" 2>/dev/null
        mkdir "$_lock" 2>/dev/null || return 0
    fi
    trap 'rmdir "$_lock" 2>/dev/null' EXIT
    rm -f "$_cache.failed"
    # An OpenCL driver that fails at it, or takes too long, is left alone the second time.
    if practise '' "$@" >"$_cache.log" 2>&1 || practise --cpu-only "$@" >"$_cache.log" 2>&1; then
        rm -f "$_cache.key"
        mv -f "$_cache.new" "$_cache.aot" && printf '%s' "$_key" >"$_cache.key.new" && mv -f "$_cache.key.new" "$_cache.key"
    else
        rm -f "$_cache.new" "$_cache.new.config"
        printf '%s' "$_key" >"$_cache.failed"
    fi
    rmdir "$_lock" 2>/dev/null
    trap - EXIT
}
