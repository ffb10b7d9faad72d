package dev.sluice.backend.opencl;

import dev.sluice.opencl.Buffer;
import dev.sluice.opencl.Kernel;
import dev.sluice.opencl.NDRange;
import dev.sluice.opencl.Queue;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that remembers its arguments: each is handed to OpenCL only when it differs from the last launch. One belongs
 * to one place in one layer, so that from token to token little changes but the position.
 */
final class BoundKernel implements AutoCloseable {
    private static final Object NOTHING = new Object();

    private final Kernel kernel;
    private final Runnable launched;
    private final Object[] objects;
    private final int[] numbers;
    private int next;

    /**
     * A kernel without arguments yet.
     *
     * @param launched told of each launch
     */
    BoundKernel(Kernel kernel, Runnable launched) {
        this.kernel = kernel;
        this.launched = launched;
        objects = new Object[kernel.argCount()];
        numbers = new int[kernel.argCount()];
    }

    /** Begins with the first argument. */
    BoundKernel args() {
        next = 0;
        return this;
    }

    /** A buffer, or null for one that the kernel will not touch. */
    BoundKernel buffer(@Nullable Buffer buffer) {
        Object object = buffer == null ? NOTHING : buffer;
        if (objects[next] != object) {
            Kernel.Args args = kernel.args().at(next);
            if (buffer == null) {
                args.noBuffer();
            } else {
                args.buffer(buffer);
            }
            objects[next] = object;
        }
        next++;
        return this;
    }

    BoundKernel i32(int number) {
        if (objects[next] == null || numbers[next] != number) {
            kernel.args().at(next).i32(number);
            remember(number);
        }
        next++;
        return this;
    }

    BoundKernel f32(float number) {
        int bits = Float.floatToRawIntBits(number);
        if (objects[next] == null || numbers[next] != bits) {
            kernel.args().at(next).f32(number);
            remember(bits);
        }
        next++;
        return this;
    }

    BoundKernel local(int bytes) {
        if (objects[next] == null || numbers[next] != bytes) {
            kernel.args().at(next).local(bytes);
            remember(bytes);
        }
        next++;
        return this;
    }

    private void remember(int bits) {
        numbers[next] = bits;
        objects[next] = NOTHING;
    }

    void launch(Queue queue, NDRange range) {
        queue.launch(kernel, range);
        launched.run();
    }

    @Override
    public void close() {
        kernel.close();
    }
}
