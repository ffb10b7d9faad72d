package dev.sluice.runtime;

/** What holds memory of devices, and can let go of it and take it again elsewhere. */
interface Placed {
    /** Devices change: gives back all that it holds there. It must not fail, whatever the devices do. */
    void displace();
}
