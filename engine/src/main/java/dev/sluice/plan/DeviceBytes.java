package dev.sluice.plan;

/**
 * What a plan takes of one device's memory, in bytes.
 *
 * @param device id of the device
 * @param weights that stay there
 * @param kv KV caches of all sequences at their full length
 * @param activations that pass between layers, and logits
 * @param staging slots that streamed layers go through
 * @param workspace scratch of the kernels
 * @param budget what may be taken
 */
public record DeviceBytes(
        String device, long weights, long kv, long activations, long staging, long workspace, long budget) {
    /** All of it. */
    public long total() {
        return weights + kv + activations + staging + workspace;
    }
}
