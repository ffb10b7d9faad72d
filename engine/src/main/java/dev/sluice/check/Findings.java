package dev.sluice.check;

import dev.sluice.backend.DevicePeaks;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a check has found so far; each finding is handed on at once, so that a driver's crash costs only what follows. */
final class Findings {
    private final String engine;
    private final String started;
    private final boolean quick;
    private final Consumer<CheckReport> keep;
    private final Consumer<String> say;
    private final Map<String, String> machine;
    private final Map<String, String> device = new LinkedHashMap<>();
    private final List<CheckReport.Agreement> agreements = new ArrayList<>();
    private final List<CheckReport.Share> shares = new ArrayList<>();
    private final List<CheckReport.Speed> speeds = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private @Nullable DevicePeaks peaks;
    private boolean complete;

    /**
     * Nothing yet.
     *
     * @param keep is given the report as it stands after each finding
     * @param say is told what is being done
     */
    Findings(
            String engine,
            String started,
            boolean quick,
            Map<String, String> machine,
            Consumer<CheckReport> keep,
            Consumer<String> say) {
        this.engine = engine;
        this.started = started;
        this.quick = quick;
        this.machine = machine;
        this.keep = keep;
        this.say = say;
    }

    void say(String what) {
        say.accept(what);
    }

    /** Does something; if it fails, that is a finding, and the check goes on. */
    void attempt(String what, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException | OutOfMemoryError e) {
            problems.add(what + ": " + (e.getMessage() == null ? e.toString() : e.getMessage()));
            say("failed: " + problems.getLast());
            keep();
        }
    }

    void describe(String key, String value) {
        device.put(key, value);
        keep();
    }

    void add(DevicePeaks found) {
        peaks = found;
        keep();
    }

    void add(CheckReport.Agreement agreement) {
        agreements.add(agreement);
        keep();
    }

    void add(CheckReport.Share share) {
        shares.add(share);
        keep();
    }

    void add(CheckReport.Speed speed) {
        speeds.add(speed);
        keep();
    }

    /** All parts have run. */
    CheckReport complete() {
        complete = true;
        keep();
        return report();
    }

    private void keep() {
        keep.accept(report());
    }

    private CheckReport report() {
        return new CheckReport(
                engine, started, complete, quick, machine, device, peaks, agreements, shares, speeds, problems);
    }
}
