package dev.sluice.cli;

import java.util.Arrays;

/** Sets how much is logged, before the first logger exists. */
final class Logging {
    private static final String PREFIX = "org.slf4j.simpleLogger.";

    private Logging() {}

    static void configure(String[] args) {
        String level = Arrays.asList(args).contains("--verbose")
                ? "debug"
                : Arrays.asList(args).contains("--quiet") ? "error" : "warn";
        set("defaultLogLevel", level);
        set("showThreadName", "false");
        set("showLogName", "false");
        set("levelInBrackets", "false");
    }

    /** What the user set with -D stays. */
    private static void set(String key, String value) {
        if (System.getProperty(PREFIX + key) == null) {
            System.setProperty(PREFIX + key, value);
        }
    }
}
