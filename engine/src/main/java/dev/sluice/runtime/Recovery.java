package dev.sluice.runtime;

import dev.sluice.error.DeviceFailure;
import java.util.List;

/** Finds another place for a model's layers when a device has failed. Called by one thread at a time, unless stated otherwise. */
public interface Recovery {
    /** No other place: what failed has failed. */
    Recovery NONE = new Recovery() {
        @Override
        public boolean isLast(DeviceFailure failure) {
            return true;
        }

        @Override
        public List<Assignment> without(DeviceFailure failure) {
            throw failure;
        }

        @Override
        public void requireRight() {}
    };

    /** Whether there is no device but the one that failed. */
    boolean isLast(DeviceFailure failure);

    /**
     * Shares the layers out anew. Nothing is on any device at that time.
     *
     * @param failure of the device that is not to be used any more
     * @throws dev.sluice.error.SluiceException if there is no other device, or the model does not fit on those there are
     */
    List<Assignment> without(DeviceFailure failure);

    /**
     * Results are no numbers: has every device compute something whose result is known. Any thread may call it.
     *
     * @throws DeviceFailure of a device that computes wrongly
     */
    void requireRight();
}
