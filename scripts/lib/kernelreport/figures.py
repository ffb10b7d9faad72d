"""What a compiler says of one kernel on one GPU."""

from dataclasses import dataclass


@dataclass
class Figures:
    """Registers of a work-item (on Intel's GPUs of a thread of `width` work-items), spilled bytes, local memory of a
    group with the arguments of the launch, private memory of a work-item, work-items of a group (0: the driver's choice).
    `detail` says what else is worth knowing."""

    registers: int
    spilled: int
    local_bytes: int
    private_bytes: int
    items: int
    width: int = 0
    detail: str = ""
