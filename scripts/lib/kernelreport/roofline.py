"""What the hardware would allow, calculated: tokens per second of models that nobody has run on GPUs that are not here.

decode    seconds = bytes read / (bandwidth * share) + launches * seconds of a launch
          share   = min(0.9, bytes in flight / (bandwidth * latency))   (Little's law)
prefill   seconds = operations / (peak * share), the peak in f32 or of matrix units in f16 with sums in f32
"""

from dataclasses import dataclass

from report import percent

# Resident work-items each wait for the weights of one part: 32 columns of a row.
PART = {"Q4_K": 18 + 0.5, "Q8_0": 34}
BYTES_A_WEIGHT = {"Q4_K": 2368 / 4096, "Q8_0": 544 / 512}
LATENCY = 700e-9
MOST_OF_BANDWIDTH = 0.9
# Of the f32 peak: what simple register-blocked kernels without matrix units usually get.
SHARE_OF_PEAK = 0.4
# Of the peak of matrix units: kernels that do not copy ahead leave them waiting for local memory and for expanded weights.
SHARE_OF_MATRIX_PEAK = 0.25
PROMPT = 512
DEPTHS = (0, 8192)


@dataclass(frozen=True)
class Gpu:
    """Published figures; `matrix` is of matrix units, without sparsity, 0 where there are none. `like` is the target of the report that its occupancy is taken from, `items` the work-items that
    a full compute unit holds, `launch` the seconds that a queued launch takes."""

    name: str
    like: str
    units: int
    items: int
    bandwidth: float
    flops: float
    matrix: float
    memory: float
    launch: float
    # Bytes per second at which weights that do not fit would come from the host; 0 where memory is the host's.
    bus: float


GPUS = [
    Gpu("RTX 4090", "sm_89", 128, 1536, 1008e9, 82.6e12, 165.2e12, 24e9, 7e-6, 25e9),
    Gpu("RX 7900 XTX", "gfx1100", 96, 1024, 960e9, 61.4e12, 122.8e12, 24e9, 10e-6, 25e9),
    Gpu("Arc A770", "dg2", 32, 128 * 16, 560e9, 19.7e12, 137.6e12, 16e9, 42e-6, 25e9),
    Gpu("H100 SXM", "sm_90", 132, 2048, 3350e9, 66.9e12, 989.4e12, 80e9, 7e-6, 50e9),
    Gpu("Adreno X1-85", "", 6, 2048, 135e9, 4.6e12, 0, 16e9, 40e-6, 0),
]


@dataclass(frozen=True)
class Model:
    name: str
    layers: int
    embedding: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int

    def block_weights(self):
        attention = self.embedding * self.head_dim * (2 * self.heads + 2 * self.kv_heads)
        return self.layers * (attention + 3 * self.embedding * self.hidden)

    def weights(self):
        """Those that a token reads: the blocks and the head."""
        return self.block_weights() + self.embedding * self.vocabulary

    def kv_bytes(self):
        """Of a position, in f16."""
        return 2 * 2 * self.layers * self.kv_heads * self.head_dim

    def launches(self):
        """Six a layer, then the embedding, the head and the choice of the token."""
        return 6 * self.layers + 3

    def prompt_operations(self, tokens):
        attention = 4 * self.layers * self.heads * self.head_dim * tokens * (tokens + 1) / 2
        return 2 * self.block_weights() * tokens + attention


# The shapes of Llama 3.2 1B, Llama 3.1 8B and 70B.
MODELS = [
    Model("1 B", 16, 2048, 8192, 32, 8, 64, 128256),
    Model("8 B", 32, 4096, 14336, 32, 8, 128, 128256),
    Model("70 B", 80, 8192, 28672, 64, 8, 128, 128256),
]


def occupancy_of(results, gpu, quant):
    """Of matvec; a GPU that the report does not compile for counts as a quarter full."""
    for r in results:
        if r.target.name == gpu.like and r.variant.kernel.startswith("matvec") and quant in r.variant.label and not r.failure:
            return r.occupancy
    return 0.25


def bandwidth_share(gpu, quant, occupancy):
    in_flight = gpu.units * gpu.items * occupancy * PART[quant]
    return min(MOST_OF_BANDWIDTH, in_flight / (gpu.bandwidth * LATENCY))


def decode(gpu, model, quant, depth, share):
    """(tokens per second, part of the weights that comes over the bus)."""
    weights = model.weights() * BYTES_A_WEIGHT[quant]
    cache = depth * model.kv_bytes()
    # A tenth of the memory is left to activations and the system.
    room = 0.9 * gpu.memory - cache
    outside = max(0.0, weights - room)
    if outside and not gpu.bus:
        return None, outside / weights
    seconds = (weights - outside + cache) / (gpu.bandwidth * share) + model.launches() * gpu.launch
    if outside:
        seconds += outside / gpu.bus
    return 1 / seconds, outside / weights


def prefill(gpu, model):
    """Tokens per second in f32, and with matrix units or None."""
    floats = PROMPT * gpu.flops * SHARE_OF_PEAK / model.prompt_operations(PROMPT)
    matrix = PROMPT * gpu.matrix * SHARE_OF_MATRIX_PEAK / model.prompt_operations(PROMPT)
    return floats, matrix or None


def number(value):
    return "%.0f" % value if value >= 20 else "%.1f" % value


def cell(gpu, model, quant, depth, share):
    tokens, outside = decode(gpu, model, quant, depth, share)
    if tokens is None:
        return "does not fit"
    return number(tokens) + (" (%s from the host)" % percent(outside) if outside else "")


def to_markdown(results):
    lines = ["| GPU | bandwidth, GB/s | f32, TFLOP/s | matrix units, f16, TFLOP/s | memory, GB | a launch, µs | occupancy of matvec Q4_K, Q8_0 | share of bandwidth |"]
    lines += ["|---|---:|---:|---:|---:|---:|---:|---:|"]
    shares = {}
    for gpu in GPUS:
        full = {quant: occupancy_of(results, gpu, quant) for quant in PART}
        shares[gpu] = {quant: bandwidth_share(gpu, quant, full[quant]) for quant in PART}
        lines.append(
            "| %s | %.0f | %.1f | %s | %.0f | %.0f | %s%s | %s |"
            % (
                gpu.name,
                gpu.bandwidth / 1e9,
                gpu.flops / 1e12,
                "%.1f" % (gpu.matrix / 1e12) if gpu.matrix else "–",
                gpu.memory / 1e9,
                gpu.launch * 1e6,
                ", ".join(percent(v) for v in full.values()),
                "" if gpu.like else " (assumed)",
                ", ".join(percent(v) for v in shares[gpu].values()),
            )
        )
    lines += ["", "| model | weights read per token, GB: Q4_K, Q8_0 | KV cache at 8192, GB | launches per token |", "|---|---:|---:|---:|"]
    for model in MODELS:
        sizes = ", ".join("%.2f" % (model.weights() * BYTES_A_WEIGHT[q] / 1e9) for q in PART)
        lines.append("| %s | %s | %.2f | %d |" % (model.name, sizes, 8192 * model.kv_bytes() / 1e9, model.launches()))
    head = ["GPU", "model"] + ["%s, depth %d" % (q, d) for q in PART for d in DEPTHS]
    head += ["prefill of %d" % PROMPT, "with matrix units"]
    lines += ["", "| %s |" % " | ".join(head), "|---|---|" + "---:|" * (len(head) - 2)]
    for gpu in GPUS:
        for model in MODELS:
            cells = [cell(gpu, model, q, d, shares[gpu][q]) for q in PART for d in DEPTHS]
            fits = model.weights() * BYTES_A_WEIGHT["Q4_K"] <= 0.9 * gpu.memory
            cells += [number(rate) if fits and rate else "–" for rate in prefill(gpu, model)]
            lines.append("| %s | %s | %s |" % (gpu.name, model.name, " | ".join(cells)))
    return "\n".join(lines) + "\n"
