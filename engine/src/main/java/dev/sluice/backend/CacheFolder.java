package dev.sluice.backend;

import java.nio.file.Path;

/** Where what was found out or compiled is kept from run to run. */
public final class CacheFolder {
    private CacheFolder() {}

    /**
     * The user's folder: the system property {@code sluice.cache.dir} or the variable {@code SLUICE_CACHE_DIR}; else {@code
     * sluice} in {@code LOCALAPPDATA} (Windows), {@code XDG_CACHE_HOME} or {@code ~/.cache}.
     */
    public static Path ofUser() {
        String chosen = System.getProperty("sluice.cache.dir", System.getenv("SLUICE_CACHE_DIR"));
        if (chosen != null && !chosen.isBlank()) {
            return Path.of(chosen);
        }
        String windows = System.getenv("LOCALAPPDATA");
        if (System.getProperty("os.name", "").startsWith("Windows") && windows != null) {
            return Path.of(windows, "sluice");
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        if (xdg != null && !xdg.isBlank()) {
            return Path.of(xdg, "sluice");
        }
        // HOME first, as the scripts have it: the JVM's user.home comes from the user database and ignores it.
        String home = System.getenv("HOME");
        return Path.of(home == null || home.isBlank() ? System.getProperty("user.home") : home, ".cache", "sluice");
    }
}
