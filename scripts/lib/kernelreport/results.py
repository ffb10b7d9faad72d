"""One kernel on one GPU."""

from dataclasses import dataclass
from typing import Optional

from figures import Figures
from targets import Target
from variants import Variant


@dataclass
class Result:
    variant: Variant
    target: Target
    figures: Optional[Figures] = None
    occupancy: float = 0.0
    failure: str = ""

    def bad(self):
        return bool(self.failure) or self.figures.spilled > 0

    def why(self):
        return self.failure or "%d bytes of registers are spilled" % self.figures.spilled
