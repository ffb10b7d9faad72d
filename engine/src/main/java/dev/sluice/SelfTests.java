package dev.sluice;

import dev.sluice.backend.CpuKernels;
import dev.sluice.backend.Device;
import dev.sluice.backend.Precision;
import dev.sluice.graph.Graph;
import dev.sluice.measure.PassedSelfTests;
import dev.sluice.measure.SelfTest;
import dev.sluice.plan.DeviceCatalog;
import dev.sluice.simulate.Simulation;
import dev.sluice.tensor.DType;
import dev.sluice.tensor.Tensor;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Has devices prove that they compute a model's weight formats as they are defined. */
final class SelfTests {
    private SelfTests() {}

    /**
     * Tests a device unless it has passed before. What is simulated is always tested, as its faults are not its driver's; the
     * scalar code is the definition.
     *
     * @throws dev.sluice.error.DeviceFailure if it computes wrongly
     */
    static void requireOnce(DeviceCatalog catalog, Device device, LoadOptions options, Graph graph) {
        if (options.cpuKernels() == CpuKernels.SCALAR && device.info().backend().equals("cpu")) {
            return;
        }
        Set<DType> formats = formats(graph);
        String how = options.precision() == Precision.EXACT ? "exact" : "rounded";
        boolean kept = !device.info().backend().equals(Simulation.BACKEND);
        PassedSelfTests passed = PassedSelfTests.ofUser();
        if (kept && passed.contains(device, how + " " + options.cpuKernels(), formats)) {
            return;
        }
        if (device.info().backend().equals("opencl")) {
            // Its driver may end the process over a kernel that it does not like.
            SelfTestProcess.require(device.info(), options, formats);
        }
        require(catalog, device, options, graph);
        if (kept) {
            passed.add(device, how + " " + options.cpuKernels(), formats);
        }
    }

    /**
     * Tests a device now.
     *
     * @throws dev.sluice.error.DeviceFailure if it computes wrongly
     */
    static void require(DeviceCatalog catalog, Device device, LoadOptions options, Graph graph) {
        if (options.batchTokens() < SelfTest.MOST_TOKENS) {
            return; // the device was opened for fewer tokens than the test has
        }
        try (Device reference = catalog.openReference(SelfTest.MOST_TOKENS)) {
            SelfTest.require(device, reference, formats(graph));
        }
    }

    private static Set<DType> formats(Graph graph) {
        return graph.layers().stream()
                .flatMap(layer -> layer.weights().stream())
                .filter(tensor -> tensor.shape().rank() > 1)
                .map(Tensor::type)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
