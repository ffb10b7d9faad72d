/** Sluice: large language models on any OpenCL device, the CPU, or all together. */
module dev.sluice {
    requires dev.sluice.bindings;
    requires dev.sluice.kernels;
    requires static transitive org.jspecify;
    requires static jdk.incubator.vector;
    requires org.slf4j;
    requires info.picocli;
    requires com.fasterxml.jackson.databind;
    requires org.jline.reader;
    requires org.jline.terminal;
    requires java.management;
    requires jdk.jfr;
    requires jdk.management;
    // JLine finds sun.misc.Signal in it by reflection: Ctrl-C.
    requires jdk.unsupported;

    exports dev.sluice;
    exports dev.sluice.backend;
    exports dev.sluice.error;
    exports dev.sluice.formats;
    exports dev.sluice.graph;
    exports dev.sluice.runtime;
    exports dev.sluice.tensor;
    exports dev.sluice.tokenizer;
    exports dev.sluice.trace;

    // picocli sets the options' fields.
    opens dev.sluice.cli to
            info.picocli;

    // Jackson writes and reads the report.
    opens dev.sluice.check to
            com.fasterxml.jackson.databind;

    uses dev.sluice.backend.Backend;
    uses dev.sluice.backend.tiles.TilePacker;

    provides dev.sluice.backend.Backend with
            dev.sluice.backend.cpu.CpuBackend,
            dev.sluice.backend.opencl.OpenClBackend;
    provides dev.sluice.backend.tiles.TilePacker with
            dev.sluice.backend.cpu.MachineTilePacker;
}
