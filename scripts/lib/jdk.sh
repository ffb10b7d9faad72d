# Sourced after common.sh: finds a JDK that is new enough and sets JAVA_HOME.

sluice_java=25

# java_version HOME: the feature release of a JDK, or nothing. Reads the release file without starting a process;
# only an installation without one is asked.
java_version() {
    _version=
    if [ -r "$1/release" ]; then
        while IFS='=' read -r _key _value; do
            [ "$_key" = JAVA_VERSION ] && _version=$_value
        done <"$1/release"
    fi
    if [ -z "$_version" ]; then
        _version=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p' | head -n 1)
    fi
    _version=${_version#\"}
    _version=${_version#1.} # 1.8 was 8
    printf '%s\n' "${_version%%[!0-9]*}"
}

# usable_jdk HOME: has java and javac, and is new enough.
usable_jdk() {
    [ -x "$1/bin/java" ] && [ -x "$1/bin/javac" ] || return 1
    _feature=$(java_version "$1")
    [ -n "$_feature" ] && [ "$_feature" -ge "$sluice_java" ]
}

# The folder of the java on the PATH, links followed.
java_home_on_path() {
    _java=$(command -v java 2>/dev/null) || return 1
    while [ -h "$_java" ]; do
        _target=$(readlink "$_java")
        case $_target in
            /*) _java=$_target ;;
            *) _java=$(dirname "$_java")/$_target ;;
        esac
    done
    (cd "$(dirname "$_java")/.." 2>/dev/null && pwd -P)
}

# find_jdk: sets and exports JAVA_HOME, or fails without a word.
find_jdk() {
    if [ -n "${JAVA_HOME:-}" ] && usable_jdk "$JAVA_HOME"; then
        export JAVA_HOME
        return 0
    fi
    _found=$(java_home_on_path) || _found=
    if [ -n "$_found" ] && usable_jdk "$_found"; then
        export JAVA_HOME="$_found"
        return 0
    fi
    for _home in /usr/lib/jvm/* /usr/lib64/jvm/* /usr/java/* /opt/java/* /opt/jdk* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME:-/nowhere}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        "${HOME:-/nowhere}"/.sdkman/candidates/java/* "${HOME:-/nowhere}"/.jdks/* "${HOME:-/nowhere}"/.asdf/installs/java/* \
        "${XDG_CACHE_HOME:-${HOME:-/nowhere}/.cache}"/sluice/jdk* "${XDG_CACHE_HOME:-${HOME:-/nowhere}/.cache}"/sluice/jdk*/Contents/Home; do
        if usable_jdk "$_home"; then
            export JAVA_HOME="$_home"
            return 0
        fi
    done
    return 1
}

# need_jdk: as find_jdk, but ends the script with what would mend it.
need_jdk() {
    find_jdk && return 0
    if [ -n "${JAVA_HOME:-}" ]; then
        _had="JAVA_HOME is $JAVA_HOME, which is "
        if [ ! -x "$JAVA_HOME/bin/java" ]; then
            _had="${_had}no Java installation"
        elif [ ! -x "$JAVA_HOME/bin/javac" ]; then
            _had="${_had}a run-time environment without a compiler"
        else
            _had="${_had}release $(java_version "$JAVA_HOME")"
        fi
    elif _found=$(java_home_on_path); then
        _had="the java on the PATH ($_found) is release $(java_version "$_found")"
    else
        _had="there is no java on the PATH and JAVA_HOME is not set"
    fi
    die "no JDK $sluice_java or later was found ($_had, and the usual folders hold none).
Install one (https://adoptium.net, or 'sdk install java 25-tem', or your distribution's openjdk-25-jdk) and set JAVA_HOME to it,
or run scripts/quickstart, which fetches Temurin 25 into $(sluice_cache)."
}
