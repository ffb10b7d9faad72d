package dev.sluice.runtime;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives back what lies on devices of which one has failed: what cannot be given back is said, and the rest goes on. */
final class Release {
    private static final Logger LOG = LoggerFactory.getLogger(Release.class);

    private Release() {}

    static void of(Runnable close) {
        try {
            close.run();
        } catch (RuntimeException e) {
            LOG.debug("Something on a failed device could not be given back", e);
        }
    }
}
