package dev.sluice.cli;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the CPU computes of layers that are streamed to another device. */
final class HostShareOption {
    @Option(
            names = "--host-share",
            defaultValue = "auto",
            paramLabel = "N",
            description =
                    "Of how many streamed layers the CPU computes the feed-forward half while it decodes, from host"
                            + " memory: auto (default, as many as the plan finds fastest), off, or a number. The CPU must be"
                            + " among the devices: --device gpu:0,cpu.")
    private String hostShare = "auto";

    /** Null leaves the choice to the plan, 0 means none. */
    @Nullable
    Integer value() {
        switch (hostShare.toLowerCase(Locale.ROOT)) {
            case "auto" -> {
                return null;
            }
            case "off" -> {
                return 0;
            }
            default -> {
                try {
                    int layers = Integer.parseInt(hostShare);
                    if (layers >= 0) {
                        return layers;
                    }
                } catch (NumberFormatException e) {
                    throw new UsageException(wrong(), e);
                }
                throw new UsageException(wrong());
            }
        }
    }

    private String wrong() {
        return "--host-share " + hostShare + ": it can be auto, off or a number of layers";
    }
}
