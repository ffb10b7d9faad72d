"""How much of a compute unit a kernel can fill, on paper: resident threads / the most it holds."""

# Where the kernel leaves the size of its groups to the driver.
USUAL_ITEMS = 64


def up(value, granule):
    return (value + granule - 1) // granule * granule


def occupancy(unit, registers, local_bytes, items, width=0):
    """`registers` per work-item; `local_bytes` per group; `width` work-items a thread where the compiler chose it."""
    threads_a_group = up(items or USUAL_ITEMS, width or unit.width) // (width or unit.width)
    threads = unit.threads
    if unit.registers:
        a_part = unit.registers // up(max(registers, 1), unit.register_granule)
        threads = min(threads, a_part * unit.parts)
    groups = min(unit.groups, threads // threads_a_group)
    if local_bytes:
        groups = min(groups, unit.local_bytes // (up(local_bytes, unit.local_granule) + unit.local_reserved))
    elif unit.local_reserved:
        groups = min(groups, unit.local_bytes // unit.local_reserved)
    return groups * threads_a_group / unit.threads
