# Sourced after common.sh: makes the OpenCL runtimes that scripts/install-opencl-cpu put into the user's cache visible.

# use_cached_opencl: exports what the ICD loader reads. Leaves settings alone that the user made; says what it did in
# $opencl_note.
use_cached_opencl() {
    opencl_note=
    [ -z "${OCL_ICD_VENDORS:-}" ] && [ -z "${OCL_ICD_FILENAMES:-}" ] && [ -z "${SLUICE_OPENCL_LIBRARY:-}" ] || return 0
    [ -n "${XDG_CACHE_HOME:-}${HOME:-}" ] || return 0
    _opencl=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/opencl
    [ -d "$_opencl/vendors" ] || return 0
    link_system_icds "$_opencl/vendors"
    export OCL_ICD_VENDORS="$_opencl/vendors"
    opencl_note="OCL_ICD_VENDORS=$OCL_ICD_VENDORS"
    if [ -d "$_opencl/pocl/lib" ]; then
        export LD_LIBRARY_PATH="$_opencl/pocl/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
        opencl_note="$opencl_note LD_LIBRARY_PATH=$LD_LIBRARY_PATH"
    fi
    if ! system_icd_loader && [ -f "$_opencl/loader/libOpenCL.so.1" ]; then
        export SLUICE_OPENCL_LIBRARY="$_opencl/loader/libOpenCL.so.1"
        opencl_note="$opencl_note SLUICE_OPENCL_LIBRARY=$SLUICE_OPENCL_LIBRARY"
    fi
}

# link_system_icds FOLDER: a loader reads one folder, so the system's drivers are linked beside ours.
link_system_icds() {
    for _icd in "$1"/system-*.icd; do
        [ -h "$_icd" ] && [ ! -e "$_icd" ] && rm -f "$_icd"
    done
    for _icd in /etc/OpenCL/vendors/*.icd; do
        _link=$1/system-${_icd##*/}
        [ -f "$_icd" ] && [ ! -e "$_link" ] && ln -s "$_icd" "$_link" 2>/dev/null
    done
    return 0
}

# Whether the system has an ICD loader of its own.
system_icd_loader() {
    for _lib in /usr/lib /usr/lib64 /usr/local/lib /lib /lib64 /usr/lib/*-linux-gnu* /opt/rocm/lib /usr/local/cuda/lib64; do
        [ -e "$_lib/libOpenCL.so.1" ] && return 0
    done
    return 1
}
